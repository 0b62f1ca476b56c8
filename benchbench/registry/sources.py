"""Plugins before they are loaded: installed packages, files that the user names, and which of them are blocked."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

from ..contracts.component import Component
from ..contracts.digests import class_digest
from ..errors import PluginError
from ..files import file_digest

GROUP = "benchbench"
DISTRIBUTION = "benchbench-portraits"  # what the built-in components are installed as
BLOCK, FILES = "BENCHBENCH_BLOCK", "BENCHBENCH_PLUGINS"
"""Environment variables, so that every process of a run has the same plugins."""


@dataclass
class Plugin:
    """One entry point, or one file named by the user, and what became of it."""

    name: str
    distribution: str
    version: str
    module: str
    error: str | None = None
    """Why the whole plugin was left out."""
    warnings: list[str] = field(default_factory=list)
    """Names that look misspelt."""
    brings: list[str] = field(default_factory=list)
    """`kind name` for each component and suite, `hook name` for each other hook."""

    @property
    def full_name(self) -> str:
        """The package and the name, `benchbench-sharpen:sharpen`: packages may call their plugins alike."""
        return f"{self.distribution}:{self.name}"

    def is_in(self, blocked: Collection[str]) -> bool:
        """Return whether its name is among those that are blocked, with its package or alone."""
        return self.name in blocked or self.full_name in blocked


def blocked() -> frozenset[str]:
    """Return the plugins listed in BENCHBENCH_BLOCK, separated by commas: `NAME` or `PACKAGE:NAME`."""
    return frozenset(name.strip() for name in os.environ.get(BLOCK, "").split(",") if name.strip())


def files() -> tuple[Path, ...]:
    """Return the plugin files listed in BENCHBENCH_PLUGINS, separated as PATH is."""
    return tuple(dict.fromkeys(Path(text) for text in os.environ.get(FILES, "").split(os.pathsep) if text))


def block(names: Iterable[str]) -> None:
    """Block further plugins, in this process and those that it starts."""
    os.environ[BLOCK] = ",".join(sorted(blocked() | set(names)))


def add_files(paths: Iterable[Path]) -> None:
    """Name further plugin files, for this process and those that it starts."""
    own = [path.absolute() for path in paths]  # a process may be in another folder
    os.environ[FILES] = os.pathsep.join(map(str, dict.fromkeys([*files(), *own])))


def _name_of(package: Distribution) -> tuple[str, str]:
    """Return name and version of a package; from its folder's name if its METADATA is missing or damaged."""
    try:
        name, version = package.metadata.get("Name"), package.metadata.get("Version")  # type: ignore[attr-defined]
    except (OSError, UnicodeDecodeError, AttributeError):
        name = version = None
    folder = Path(str(getattr(package, "_path", "?"))).name.removesuffix(".dist-info").removesuffix(".egg-info")
    stem, _, number = folder.partition("-")
    return name or stem, version or number or "?"


def installed() -> dict[str, list[str]]:
    """Map what `--no-plugin` may name to what is blocked: each plugin, with its package or alone, and each package.

    benchbench's own package is not among them.
    """
    plugins = [of_entry_point(entry_point) for entry_point in importlib.metadata.entry_points(group=GROUP)]
    found: dict[str, list[str]] = {}
    for plugin in plugins:
        if plugin.distribution != DISTRIBUTION:
            found.setdefault(plugin.distribution, []).append(plugin.full_name)
            found[plugin.full_name] = [plugin.full_name]
    return found | {plugin.name: [plugin.name] for plugin in plugins}


def of_entry_point(entry_point: EntryPoint) -> Plugin:
    """Describe the plugin of an entry point, not loaded yet."""
    distribution, version = _name_of(entry_point.dist) if entry_point.dist else ("?", "?")
    return Plugin(entry_point.name, distribution, version, entry_point.value.partition(":")[0])


def import_entry_point(entry_point: EntryPoint) -> Any:
    """Import what an entry point names. Raises PluginError if that is no name of a module."""
    if not EntryPoint.pattern.match(entry_point.value):
        raise PluginError(f"its entry point is malformed: '{entry_point.name} = {entry_point.value}' names no module")
    return entry_point.load()


def of_file(path: Path) -> Plugin:
    """Describe the plugin of a file, not loaded yet; a digest is its version. Raises OSError if it cannot be read."""
    return Plugin(path.stem, path.name, file_digest(path)[:12], path.stem)


def of_class(component: type[Component]) -> Plugin:
    """Describe a class that no plugin brought; a digest of its source is its version."""
    return Plugin(component.name, component.__module__, class_digest(component)[:12], component.__module__)


def import_file(path: Path) -> ModuleType:
    """Import a file as a module; its folder joins the end of sys.path. Raises PluginError for a name that is taken."""
    name, own = path.stem, path.resolve()
    if not name.isidentifier():
        raise PluginError(f"'{name}' is no name for a module: letters, digits and _ only, as in my_model.py")
    known = sys.modules.get(name) or importlib.util.find_spec(name)
    origin = getattr(known, "__file__", None) or getattr(known, "origin", None)
    if known and (origin is None or Path(origin).resolve() != own):
        raise PluginError(f"a module named '{name}' is there already ({origin or 'part of Python'}); rename the file")
    if str(own.parent) not in sys.path:
        sys.path.append(str(own.parent))  # child processes inherit it
    importlib.invalidate_caches()
    return importlib.import_module(name)
