"""Result folders from elsewhere: found in a folder, or unpacked from an archive without trusting a byte of it.

Nothing of an archive decides where anything is written: a member counts by its last part alone, which must be the name
of a result's file, and lands in a numbered folder. Links, odd paths and files beyond all measure are refused.
"""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from ...results import store
from ...results.store import DamagedResult, Result

MiB = 2**20
MOST_BYTES = {
    store.RESULT: MiB,
    store.SCORES: 64 * MiB,
    store.HISTORY: 16 * MiB,
    store.SAMPLES: 32 * MiB,
    store.WORST: 32 * MiB,
    store.HISTOGRAMS: 32 * MiB,
    store.STRIP: 32 * MiB,
    store.LOG: 64 * MiB,
    store.WEIGHTS: 4096 * MiB,
    store.PREDICTIONS: 4096 * MiB,
}
MOST_UNPACKED = 16 * 1024 * MiB
MOST_MEMBERS = 200_000
_CHUNK = MiB


class Refused(ValueError):
    """Something that is not taken in; its text is the reason, in one line."""


@dataclass(frozen=True)
class Member:
    """A file of an archive."""

    name: str
    regular: bool
    file: AbstractContextManager[IO[bytes]] | None


def find(path: Path, scratch: Path) -> list[Path]:
    """The result folders in a folder or an archive (.zip, .tar.gz, …), which is unpacked into `scratch`.

    Raises Refused if there is none, or for an archive that cannot be read or plays tricks.
    """
    if path.is_file():
        _unpack(path, scratch)
    elif not path.is_dir():
        raise Refused("there is no such folder or archive")
    found = list(_result_folders(scratch if path.is_file() else path))
    if not found:
        raise Refused(f"there is no {store.RESULT} in it")
    return found


def _result_folders(root: Path) -> Iterator[Path]:
    for folder, below, files in os.walk(root):  # which follows no links
        below.sort()
        if store.RESULT in files and not folder.endswith(store.WORK):
            yield Path(folder)


def check_files(folder: Path) -> None:
    """Raises Refused if a file of the result in `folder` is a link, no regular file, or beyond all measure."""
    for name, most in MOST_BYTES.items():
        try:
            facts = (folder / name).lstat()
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(facts.st_mode):
            raise Refused(f"{name} is a link or no regular file")
        if facts.st_size > most:
            raise Refused(f"{name} has {facts.st_size:,} bytes, more than the {most:,} that are taken in")


def read(folder: Path) -> Result:
    """The result in a folder. Raises Refused if it cannot be taken in as it lies there."""
    check_files(folder)
    try:
        return store.read(folder)
    except DamagedResult as damage:
        raise Refused(str(damage)) from damage


def _unpack(path: Path, scratch: Path) -> None:
    folders: dict[PurePosixPath, Path] = {}
    left = MOST_UNPACKED
    try:
        for count, member in enumerate(_members(path)):
            if count >= MOST_MEMBERS:
                raise Refused(f"it has more than {MOST_MEMBERS:,} members")
            inner = _checked_name(member)
            if inner.name not in MOST_BYTES or member.file is None:
                continue
            target = folders.setdefault(inner.parent, scratch / f"{len(folders):06}") / inner.name
            if target.exists():
                raise Refused(f"it has {inner} twice")
            target.parent.mkdir(parents=True, exist_ok=True)
            left -= _copy(member, target, min(MOST_BYTES[inner.name], left))
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Refused(f"it cannot be unpacked: {' '.join(str(error).split())}") from error


def _members(path: Path) -> Iterator[Member]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    kind = stat.S_IFMT(info.external_attr >> 16)
                    yield Member(info.filename, kind in (0, stat.S_IFREG), archive.open(info))
        return
    with tarfile.open(path, "r:*") as archive:
        for item in archive:
            if not item.isdir():
                yield Member(item.name, item.isreg(), archive.extractfile(item) if item.isreg() else None)


def _checked_name(member: Member) -> PurePosixPath:
    inner = PurePosixPath(member.name)
    if inner.is_absolute() or ".." in inner.parts or any(c in member.name for c in "\\:\0"):
        raise Refused(f"a member is called {member.name[:80]!r}, which is no path within it")
    if not member.regular:
        raise Refused(f"{member.name[:80]!r} is a link or no regular file")
    return inner


def _copy(member: Member, target: Path, most: int) -> int:
    """Copy by what is really there: the size that an archive states may be a lie."""
    copied = 0
    if member.file is None:
        return 0
    with member.file as source, target.open("xb") as sink:
        while chunk := source.read(_CHUNK):
            copied += len(chunk)
            if copied > most:
                shutil.rmtree(target.parent)
                raise Refused(f"{member.name[:80]!r} is larger than the {most:,} bytes that are taken in")
            sink.write(chunk)
    return copied
