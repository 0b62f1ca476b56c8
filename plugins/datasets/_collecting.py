"""From a folder to Images: finding image files, reading them in parallel but in order, and a digest of the files."""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from benchbench import DataError, Images

from ._reading import SUFFIXES, Crop, Levels, Unusable, read_mask, read_photo, reason

Skipped = list[tuple[str, str]]
_WINDOW = 256  # images under way at once


@dataclass(frozen=True)
class Photo:
    """An image file and all that is known about it."""

    id: str
    path: Path
    masks: tuple[Path, ...] = ()
    """Files whose union is the face."""
    values: tuple[Any, ...] = ()
    """One value an attribute."""
    identity: str | None = None
    split: str | None = None


def bright(levels: Levels) -> NDArray[np.bool_]:
    """Face where a greyscale mask is 128 or more."""
    return levels >= 128


@dataclass(frozen=True)
class Reader:
    """How files become pixels of one size."""

    size: int
    root: Path
    """Files are reported relative to this folder."""
    crop: Crop = "top"
    reject: Callable[[Image.Image], str | None] | None = None
    face: Callable[[Levels], NDArray[np.bool_]] = bright

    def __call__(self, photo: Photo) -> tuple[Levels | None, NDArray[np.bool_] | None, Skipped]:
        """The pixels `(size, size, 3)` and the mask `(size, size)` of a photo, as far as they can be had."""
        # Broken files make Pillow raise nearly anything (SyntaxError, struct.error, MemoryError, …).
        try:
            pixels, aspect = read_photo(photo.path, self.size, self.crop, self.reject)
        except Exception as problem:
            return None, None, [(self.shown(photo.path), reason(problem))]
        mask, skipped = None, Skipped()
        for path in photo.masks:
            try:
                part = self._mask(path, aspect)
                mask = part if mask is None else mask | part
            except Exception as problem:
                skipped.append((self.shown(path), f"mask: {reason(problem)}"))
        return pixels, mask, skipped

    def _mask(self, path: Path, aspect: float) -> NDArray[np.bool_]:
        share, own_aspect = read_mask(path, self.size, self.crop, self.face)
        if not np.isclose(own_aspect, aspect, rtol=0.02):
            raise Unusable("its proportions are not those of the image")
        if not share.any():
            raise Unusable("no pixel is marked as face")
        return share >= 128

    def shown(self, path: Path) -> str:
        """`path` as people see it: relative to the root."""
        return Path(os.path.relpath(path, self.root)).as_posix()


def existing_folder(path: str, name: str, way_out: str) -> Path:
    """The folder that a data set's `path` names, `~` expanded. Raises DataError with the way out if there is none."""
    try:
        folder = Path(path).expanduser()
        if path and folder.is_dir():
            return folder.resolve()
    except (OSError, RuntimeError, ValueError):  # no access, no such user's home, a null byte
        pass
    raise DataError(f"{name}: there is no folder '{path}'. {way_out}")


def subfolder(root: Path, names: Iterable[str], name: str, way_out: str) -> Path:
    """The first of the folders `names` that exists in `root`. Raises DataError with the way out if none does."""
    names = list(names)
    for candidate in names:
        if (root / candidate).is_dir():
            return (root / candidate).resolve()
    raise DataError(f"{name}: '{root}' holds no folder {' or '.join(names)}. {way_out}")


def find_images(root: Path, exclude: Path | None = None) -> tuple[list[str], Skipped]:
    """Image files below `root` as relative POSIX paths, sorted; and those passed over, with reasons.

    Hidden files, files without an image suffix and the folder `exclude` are ignored. Links are not followed: they
    lead outside, in circles, or to a second name of an image that would then be in training and test.
    """
    found, skipped, pending = list[str](), Skipped(), [""]
    while pending:
        folder = pending.pop()
        try:
            entries = [e for e in os.scandir(root / folder) if not e.name.startswith(".")]
        except OSError as problem:
            skipped.append((printable(folder), reason(problem)))
            continue
        for entry in entries:
            name = folder + entry.name
            if entry.is_dir(follow_symlinks=False):
                if root / name != exclude:
                    pending.append(name + "/")
            elif (objection := _objection(entry)) is None and printable(name) == name:
                found.append(name)
            elif objection != "":
                skipped.append((printable(name), objection or "its name is not valid Unicode"))
    return sorted(found), sorted(skipped)


def _objection(entry: os.DirEntry[str]) -> str | None:
    """Why a file isn't read, "" if it needs no mention, None if nothing speaks against it."""
    is_link = entry.is_symlink()
    if Path(entry.name).suffix.lower() not in SUFFIXES and not (is_link and _leads_to_folder(entry)):
        return ""
    if is_link:
        return "a link, which is not followed"
    if not entry.is_file(follow_symlinks=False):
        return "not a regular file"
    return None


def printable(name: str) -> str:
    """`name` with escapes in place of bytes that are no Unicode."""
    return name.encode(errors="backslashreplace").decode()


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def unique_ids(names: Sequence[str]) -> list[str]:
    """Each relative path without its suffix, or with it where two would be equal otherwise."""
    ids = [name[: -len(Path(name).suffix)] if Path(name).suffix else name for name in names]
    while len(set(ids)) < len(ids):
        seen: dict[str, int] = {}
        for i in ids:
            seen[i] = seen.get(i, 0) + 1
        ids = [name if seen[i] > 1 else i for i, name in zip(ids, names, strict=True)]
    return ids


def read_images(
    photos: Sequence[Photo],
    reader: Reader,
    *,
    columns: Sequence[str] = (),
    skipped: Iterable[tuple[str, str]] = (),
    limit: int | None = None,
) -> Images:
    """The first `limit` of the photos that can be read, in order. Raises DataError if there is none."""
    room, side = min(len(photos), limit or len(photos)), reader.size
    pixels = np.empty((room, 3, side, side), np.uint8)
    masks = np.zeros((room, 1, side, side), bool) if any(p.masks for p in photos) else None
    kept, passed_over = list[Photo](), list(skipped)
    for photo, (levels, mask, problems) in _read_in_parallel(photos, reader):
        if len(kept) == room:
            break
        passed_over += problems
        if levels is None:
            continue
        pixels[len(kept)] = levels.transpose(2, 0, 1)
        if masks is not None and mask is not None:
            masks[len(kept), 0] = mask
        kept.append(photo)
    if not kept:
        raise DataError(_nothing_left(reader.root, passed_over))
    return Images(
        ids=[p.id for p in kept],
        pixels=torch.from_numpy(pixels[: len(kept)]),
        masks=None if masks is None else torch.from_numpy(masks[: len(kept)]),
        attributes={column: [p.values[k] for p in kept] for k, column in enumerate(columns)},
        identities=_complete([p.identity for p in kept]),
        splits=_official([p.split for p in kept]),
        skipped=passed_over,
    )


def _read_in_parallel(photos: Sequence[Photo], reader: Reader) -> Iterator[tuple[Photo, Any]]:
    Image.init()  # not by many threads at once
    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as pool:
        for start in range(0, len(photos), _WINDOW):
            window = photos[start : start + _WINDOW]
            with warnings.catch_warnings():  # Pillow warns of odd files; what matters about them becomes a reason
                warnings.simplefilter("ignore")
                results = list(pool.map(reader, window))
            yield from zip(window, results, strict=True)


def _complete(values: Sequence[str | None]) -> list[str] | None:
    known = [v for v in values if v is not None]
    return known if len(known) == len(values) else None


def _official(splits: Sequence[str | None]) -> Any:
    """The official splits, unless one of the three is empty, as in the first images of a set sorted by split."""
    return _complete(splits) if {"train", "validation", "test"} <= set(splits) else None


def _nothing_left(root: Path, skipped: Sequence[tuple[str, str]]) -> str:
    if not skipped:
        return f"'{root}' holds no images: name the folder that has them ({', '.join(sorted(SUFFIXES))})"
    examples = "; ".join(f"{file}: {why}" for file, why in skipped[:3])
    return f"none of the {len(skipped)} images in '{root}' can be used ({examples})"


def digest(root: Path, files: Iterable[Path]) -> str:
    """A digest of the names relative to `root`, sizes and times of files; one that is missing counts as such."""
    lines = []
    for path in files:
        try:
            status = path.stat()
            lines.append((os.path.relpath(path, root), status.st_size, status.st_mtime_ns))
        except OSError:
            lines.append((os.path.relpath(path, root), -1, -1))
    return hashlib.sha256(repr(sorted(lines)).encode(errors="backslashreplace")).hexdigest()[:16]


def short_label(name: str, settings: Mapping[str, Any]) -> str:
    """`name` with the settings that are given: `folder-portraits,crop=centre`; safe as the name of a folder."""
    given = [f"{key}={plain(str(value))}" for key, value in settings.items() if value not in (None, "", False)]
    return ",".join([name, *given])


def plain(text: str) -> str:
    """`text` in lower case with nothing but a-z, 0-9, dots, dashes and underscores."""
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-.")
