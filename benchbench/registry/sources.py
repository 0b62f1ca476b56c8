"""Where plugins come from: installed packages and files that the user names; which of them are blocked."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
from collections.abc import Iterable
from pathlib import Path

GROUP = "benchbench"


BLOCK, FILES = "BENCHBENCH_BLOCK", "BENCHBENCH_PLUGINS"
"""Environment variables, so that every process of a run has the same plugins."""


def blocked() -> frozenset[str]:
    """Plugin names listed in BENCHBENCH_BLOCK, separated by commas."""
    return frozenset(name.strip() for name in os.environ.get(BLOCK, "").split(",") if name.strip())


def files() -> tuple[Path, ...]:
    """Plugin files listed in BENCHBENCH_PLUGINS, separated as PATH is."""
    return tuple(dict.fromkeys(Path(text) for text in os.environ.get(FILES, "").split(os.pathsep) if text))


def block(names: Iterable[str]) -> None:
    """Leave these plugins out too, in this process and those that it starts."""
    os.environ[BLOCK] = ",".join(sorted(blocked() | set(names)))


def add_files(paths: Iterable[Path]) -> None:
    """Load these files too, in this process and those that it starts."""
    own = [path.absolute() for path in paths]  # a process may be in another folder
    os.environ[FILES] = os.pathsep.join(map(str, dict.fromkeys([*files(), *own])))


def installed() -> list[str]:
    """The names of all installed plugins, loaded or not."""
    return [e.name for e in importlib.metadata.entry_points(group=GROUP)]


def of_packages() -> dict[str, list[str]]:
    """The names of the installed plugins, by the package that brings them; benchbench itself cannot be left out."""
    found: dict[str, list[str]] = {}
    for entry_point in importlib.metadata.entry_points(group=GROUP):
        if entry_point.dist and entry_point.dist.name != "benchbench":
            found.setdefault(entry_point.dist.name, []).append(entry_point.name)
    return found
