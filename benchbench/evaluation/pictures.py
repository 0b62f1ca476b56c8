"""Pictures of a result: samples, the worst images, histograms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..files import write_atomically
from ..images import as_bytes, png, webp

if TYPE_CHECKING:
    from torch import Tensor

    from ..data.degraded import DegradedSet

ROWS = ("input", "restored", "truth")
MOST = 64  # images in a sample picture
QUALITY = 90  # of one that is cut, as WebP: high, as people vote on it


def write_samples(path: Path, test_set: DegradedSet, restored: Tensor, positions: Sequence[int]) -> None:
    """Write a PNG of three rows (degraded, restored, clean) of the images at these positions, without any margin."""
    chosen = list(positions)
    rows = [as_bytes(test_set.degraded[chosen]), as_bytes(restored[chosen]), as_bytes(test_set.clean[chosen])]
    write_atomically(path, png(np.concatenate([np.concatenate(list(images), 1) for images in rows])))


def read_samples(path: Path, size: int) -> dict[str, np.ndarray]:
    """Read the rows of a sample picture, each uint8 `(count, size, size, 3)`. Raises ValueError for another layout.

    A picture of one row has the restored images only: see `lighten`.
    """
    try:
        with Image.open(path, formats=["PNG", "WEBP"]) as image:
            width, height = image.size
            names = ROWS if height == size * len(ROWS) else ("restored",)
            if height != size * len(names) or width % size or width > size * MOST:  # told by the header alone
                raise ValueError(f"{width}×{height} px, which is no sample picture of {size} px")
            picture = np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path}: {error}") from error
    tiles = picture.reshape(len(names), size, -1, size, 3).swapaxes(1, 2)
    return dict(zip(names, tiles, strict=True))


def lighten(path: Path, size: int, count: int, *, whole: bool) -> bytes:
    """Cut a sample picture to its first `count` images and, unless `whole`, to the restored ones, as WebP.

    Degraded and clean images are the same in all results of a board: one of them has to keep them. WebP at QUALITY
    alters pixels by what nobody sees; so what is cut already stays as it is.
    """
    rows = read_samples(path, size)
    names = [name for name in ROWS if name in rows and (whole or name == "restored")]
    if path.suffix == ".webp" and len(names) == len(rows) and len(rows["restored"]) <= count:
        return path.read_bytes()
    return webp(np.concatenate([np.concatenate(list(rows[name][:count]), axis=1) for name in names]), QUALITY)
