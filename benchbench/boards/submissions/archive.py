"""Find result folders from elsewhere, in a folder or in an archive that nobody trusts.

An archive never decides where a file is written: only the last part of a member's name counts, it must be the name of
a result's file, and the file goes into a numbered folder. Links, paths out of the archive and huge files are refused.
"""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from ...results import store
from ...results.layout import RESULTS
from ...results.store import DamagedResult, Result

MiB = 2**20
MOST_BYTES = {
    **dict.fromkeys(store.SUMMED, 32 * MiB),  # a picture, and what is not named below
    **dict.fromkeys(RESULTS, MiB),
    store.HISTORY: 16 * MiB,
    **dict.fromkeys((store.SCORES, store.LOG), 64 * MiB),
    **dict.fromkeys((store.WEIGHTS, store.PREDICTIONS), 4096 * MiB),
}
MOST_UNPACKED = 16 * 1024 * MiB
MOST_MEMBERS = 200_000


class Refused(ValueError):
    """A result or an archive is not taken in; the text is the reason, in one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(" ".join(reason.split()))


def find(path: Path, scratch: Path) -> list[Path]:
    """List the result folders in a folder or an archive (.zip, .tar.gz, …), which is unpacked into `scratch`.

    Raises Refused if there is none, and for an archive that is damaged or unsafe.
    """
    if path.is_file():
        _unpack(path, scratch)
    elif not path.is_dir():
        raise Refused("there is no such folder or archive")
    root = scratch if path.is_file() else path
    files = (file for name in RESULTS for file in root.rglob(name))  # which follows no links
    found = sorted({file.parent for file in files if not file.parent.name.endswith(store.WORK)})
    if not found:
        raise Refused(f"there is no {' or '.join(RESULTS)} in it")
    return found


def read(folder: Path) -> Result:
    """Read the result in a folder. Raises Refused if it is damaged, or a file of it is a link, special or too large."""
    for name, most in MOST_BYTES.items():
        try:
            if os.path.lexists(folder / name):
                store.check_file(folder / name, most)
        except ValueError as error:
            raise Refused(f"{name} is not taken in: {error}") from error
    try:
        return store.read(folder)
    except DamagedResult as damage:
        raise Refused(str(damage)) from damage


def _unpack(path: Path, scratch: Path) -> None:
    folders: dict[PurePosixPath, Path] = {}
    left = MOST_UNPACKED
    try:
        for count, (name, file) in enumerate(_members(path)):
            if count >= MOST_MEMBERS:
                raise Refused(f"it has more than {MOST_MEMBERS:,} members")
            inner = PurePosixPath(name.replace("\\", "/"))  # as PowerShell 5 writes paths
            if inner.is_absolute() or ".." in inner.parts or any(c in name for c in ":\0"):
                raise Refused(f"a member is called {name[:80]!r}, which is no path within it")
            if file is None:
                raise Refused(f"{name[:80]!r} is a link or no regular file")
            if inner.name not in MOST_BYTES:
                continue
            target = folders.setdefault(inner.parent, scratch / f"{len(folders):06}") / inner.name
            if target.exists():
                raise Refused(f"it has {inner} twice")
            target.parent.mkdir(parents=True, exist_ok=True)
            left -= _copy(file, target, min(MOST_BYTES[inner.name], left))
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Refused(f"it cannot be unpacked: {error}") from error


def _members(path: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    """Yield the name and the content of each member but folders; None for what is no regular file."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    regular = stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG)
                    yield info.filename, archive.open(info) if regular else None
        return
    with tarfile.open(path, "r:*") as archive:
        for item in archive:
            if not item.isdir():
                yield item.name, archive.extractfile(item) if item.isreg() else None


def _copy(source: IO[bytes], target: Path, most: int) -> int:
    """Copy a member and return its bytes, which are counted: the size that an archive states may be a lie."""
    copied = 0
    with source, target.open("xb") as sink:
        while chunk := source.read(MiB):
            copied += len(chunk)
            if copied > most:
                shutil.rmtree(target.parent)
                raise Refused(f"{target.name} is larger than the {most:,} bytes that are taken in")
            sink.write(chunk)
    return copied
