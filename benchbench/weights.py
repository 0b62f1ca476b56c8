"""Where pretrained weights lie. They are read from files that exist already; nothing is ever downloaded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

FOLDER = "BENCHBENCH_WEIGHTS"


def weight_folders() -> list[Path]:
    """The folders that are searched: the one that BENCHBENCH_WEIGHTS names, if set, then torch hub's."""
    named = os.environ.get(FOLDER)
    own = [Path(named).expanduser()] if named else []
    return [*own, Path(torch.hub.get_dir()) / "checkpoints"]


def find_weights(name: str) -> Path | None:
    """The first file of this name in the folders, or None."""
    return next((path for folder in weight_folders() if (path := folder / name).is_file()), None)


def missing_weights(*names: str) -> str | None:
    """One line that says which files are wanted and where they are looked for, or None if all are there."""
    wanted = [name for name in names if find_weights(name) is None]
    if not wanted:
        return None
    places = " or ".join(_without_home(folder) for folder in weight_folders())
    hint = "" if os.environ.get(FOLDER) else f" (or in a folder that {FOLDER} names)"
    return f"needs {' and '.join(wanted)} in {places}{hint}"


def read_weights(name: str) -> Any:
    """The tensors in a file of weights, on the CPU. Raises FileNotFoundError that says what `missing_weights` says."""
    path = find_weights(name)
    if path is None:
        raise FileNotFoundError(missing_weights(name))
    return torch.load(path, map_location="cpu", weights_only=True)


def _without_home(folder: Path) -> str:
    """A folder as results may show it: they are published, and a home folder names a person."""
    home = Path.home()
    return f"~/{folder.relative_to(home).as_posix()}" if folder.is_relative_to(home) else str(folder)
