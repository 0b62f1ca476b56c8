"""The catalogue on disk, so that lists and completion need not import every plugin.

It is valid until something it was made from changes: the installed distributions, any imported file, or any file in the
folders of the plugins' packages. In doubt it is made anew.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..files import cache_folder, digest, json_text, read_json, write_atomically

_STARTED = time.time_ns()
RACE = 2_000_000_000  # ns; a file that changed this shortly before may have been read before it changed


def load(blocked: Collection[str]) -> Any:
    """Load what was saved for these blocked plugins; None if nothing was, or if anything has changed since."""
    try:
        stored = read_json(_path(blocked))
        current = digest(*_stamps(stored["files"], stored["folders"]))
        return stored["content"] if current == stored["digest"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save(blocked: Collection[str], content: Any, modules: Iterable[str]) -> None:
    """Save `content`, made from the modules imported now; `modules` are those of plugins.

    Saves nothing if a file changed after this process began: it may have been read before.
    """
    imported = [(name, str(m.__file__)) for name, m in list(sys.modules.items()) if getattr(m, "__file__", None)]
    files = sorted({file for _, file in imported})
    packages = {module.partition(".")[0] for module in modules}
    folders = sorted({os.path.dirname(file) for name, file in imported if name.partition(".")[0] in packages})
    stamps = list(_stamps(files, folders))
    if max(changed for _, changed, _ in stamps) > _STARTED - RACE:
        return
    stored = {"files": files, "folders": folders, "digest": digest(*stamps), "content": content}
    with suppress(OSError):  # a cache that cannot be written costs time, nothing else
        write_atomically(_path(blocked), json_text(stored))


def _path(blocked: Collection[str]) -> Path:
    return cache_folder() / "catalogue" / f"{digest(sys.executable, *sys.path, '', *sorted(blocked))}.json"


def _stamps(files: Iterable[str], folders: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    yield from map(_stamp, files)
    for folder in folders:
        yield from (_stamp(entry.path) for entry in _entries(folder) if entry.is_file())
    for folder in sys.path:
        for entry in _entries(folder):
            if entry.name.endswith((".dist-info", ".egg-info", ".egg-link", ".pth")):
                yield _stamp(entry.path)
                yield _stamp(os.path.join(entry.path, "entry_points.txt"))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        return sorted(os.scandir(folder or os.curdir), key=lambda entry: entry.name)
    except OSError:  # sys.path may name what is no folder
        return []


def _stamp(path: str) -> tuple[str, int, int]:
    """Return a path, its time of change in ns and its size in bytes; both -1 if the path does not exist."""
    try:
        status = os.stat(path)
    except OSError:
        return path, -1, -1
    return path, status.st_mtime_ns, status.st_size
