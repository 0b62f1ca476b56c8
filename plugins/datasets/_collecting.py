"""From image files to Images: reads in parallel, keeps the order and each image's attributes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from benchbench import DataError, Images

from ._finding import Skipped
from ._reading import SUFFIXES, Crop, Levels, Unusable, read_mask, read_photo, reason

_WINDOW = 256  # images under way at once


@dataclass(frozen=True)
class Photo:
    """An image file with its id, masks, attributes, identity and split."""

    id: str
    path: Path
    masks: tuple[Path, ...] = ()
    """Files whose union is the face."""
    values: tuple[Any, ...] = ()
    """One value an attribute."""
    identity: str | None = None
    split: str | None = None


def bright(levels: Levels) -> NDArray[np.bool_]:
    """Mark as face where a greyscale mask is 128 or more."""
    return levels >= 128


@dataclass(frozen=True)
class Reader:
    """Reads image files as pixels and masks of one size."""

    size: int
    root: Path
    """Files are reported relative to this folder."""
    crop: Crop = "top"
    reject: Callable[[Image.Image], str | None] | None = None
    face: Callable[[Levels], NDArray[np.bool_]] = bright

    def __call__(self, photo: Photo) -> tuple[Levels | None, NDArray[np.bool_] | None, Skipped]:
        """Read the pixels `(size, size, 3)` and the mask `(size, size)` of a photo; None for what cannot be read."""
        # Broken files make Pillow raise nearly anything (SyntaxError, struct.error, MemoryError, …).
        try:
            pixels, aspect = read_photo(photo.path, self.size, self.crop, self.reject)
        except Exception as problem:
            return None, None, [(self.shown(photo.path), reason(problem))]
        total, skipped = None, Skipped()
        for path in photo.masks:
            try:
                share = self._share(path, aspect)
                total = share if total is None else total + share
            except Exception as problem:
                skipped.append((self.shown(path), f"mask: {reason(problem)}"))
        return pixels, None if total is None else total >= 128, skipped

    def _share(self, path: Path, aspect: float) -> NDArray[np.uint16]:
        """The share of face in each pixel, from 0 to 255."""
        share, own_aspect = read_mask(path, self.size, self.crop, self.face)
        if not np.isclose(own_aspect, aspect, rtol=0.02):
            raise Unusable("its proportions are not those of the image")
        if not share.any():
            raise Unusable("no pixel is marked as face")
        return share.astype(np.uint16)

    def shown(self, path: Path) -> str:
        """`path` as people see it: relative to the root."""
        return Path(os.path.relpath(path, self.root)).as_posix()


def read_images(
    photos: Sequence[Photo],
    reader: Reader,
    *,
    columns: Sequence[str] = (),
    skipped: Iterable[tuple[str, str]] = (),
    limit: int | None = None,
) -> Images:
    """Read the first `limit` usable photos, in order. Raises DataError if there is none."""
    room = min(len(photos), limit or len(photos))
    pixels, masks = _space(room, reader.size, any(p.masks for p in photos))
    kept, passed_over = list[Photo](), list(skipped)
    for photo, (levels, mask, problems) in _read_in_parallel(photos, reader):
        if len(kept) == room:
            break
        passed_over += problems
        if levels is None:
            continue
        pixels[len(kept)] = levels.transpose(2, 0, 1)  # (H, W, 3) -> (3, H, W)
        if mask is not None:
            masks[len(kept), 0] = mask
        kept.append(photo)
    if not kept:
        raise DataError(_nothing_left(reader.root, passed_over))
    return Images(
        ids=[p.id for p in kept],
        pixels=torch.from_numpy(pixels[: len(kept)]),
        masks=torch.from_numpy(masks[: len(kept)]) if len(masks) else None,
        attributes={column: [p.values[k] for p in kept] for k, column in enumerate(columns)},
        identities=_complete([p.identity for p in kept]),
        splits=_official([p.split for p in kept]),
        skipped=passed_over,
    )


def _space(room: int, size: int, with_masks: bool) -> tuple[Levels, NDArray[np.bool_]]:
    """Pixels `(room, 3, size, size)` and masks `(room, 1, size, size)`; no rows of masks without masks."""
    try:
        pixels = np.empty((room, 3, size, size), np.uint8)
        return pixels, np.zeros((room if with_masks else 0, 1, size, size), bool)
    except MemoryError as problem:
        needed = 3 * room * size**2 / 2**30
        raise DataError(f"{room} images of {size} pixels need {needed:.0f} GiB: limit=N takes fewer") from problem


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
