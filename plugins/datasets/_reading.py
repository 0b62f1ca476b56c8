"""From an image file to a square of the size asked for: of a photograph, or of a mask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchbench import DataError, read_image, read_levels

Crop = Literal["top", "centre"]
Levels = NDArray[np.uint8]


def read_photo(
    source: Path | bytes,
    size: int,
    crop: Crop,
    smallest: int,
    reject: Callable[[Image.Image], str | None] | None = None,
) -> tuple[Levels, float]:
    """Read an image as uint8 `(size, size, 3)`, and its upright width divided by its height.

    `reject` gets the whole upright RGB image and may return a reason against it. Raises DataError with the reason why
    the image cannot be used, a side of less than `smallest` pixels among them.
    """
    image = read_image(source)
    if min(image.size) < smallest:
        raise DataError(f"{image.width}x{image.height}: smaller than {smallest} pixels; upscale=true enlarges it")
    objection = reject(image) if reject else None
    if objection:
        raise DataError(objection)
    square = image.resize((size, size), Image.Resampling.LANCZOS, box=_square(image, crop), reducing_gap=3.0)
    return np.asarray(square), image.width / image.height


def read_mask(
    path: Path, size: int, crop: Crop, face: Callable[[Levels], NDArray[np.bool_]], labels: bool = False
) -> tuple[Levels, float]:
    """Read a mask as the share of face in each pixel, uint8 `(size, size)` to 255, and its width over its height.

    `face` says which levels `(H, W)` are face; with `labels`, a palette's indices are the levels. Raises DataError for
    a file that cannot be used.
    """
    drawn = Image.fromarray(np.where(face(read_levels(path, labels)), 255, 0).astype(np.uint8))
    square = drawn.resize((size, size), Image.Resampling.BOX, box=_square(drawn, crop))
    return np.asarray(square), drawn.width / drawn.height


def _square(image: Image.Image, crop: Crop) -> tuple[int, int, int, int]:
    """The largest square, centred from left to right; in a tall image at the top or centred."""
    side = min(image.size)
    left = (image.width - side) // 2
    top = 0 if crop == "top" else (image.height - side) // 2
    return left, top, left + side, top + side
