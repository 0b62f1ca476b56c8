"""Sample pictures: some test images as they were degraded, restored, and in truth."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .degrading import Pairs
from .files import write_atomically

ROWS = ("input", "restored", "truth")


def write_samples(path: Path, pairs: Pairs, restored: Tensor, positions: Sequence[int]) -> None:
    """A PNG of three rows (degraded, restored, clean) of the images at these positions, without any margin."""
    chosen = list(positions)
    restored8 = restored[chosen].clamp(0, 1).mul(255).round().to(torch.uint8)
    rows = [torch.cat(list(images), 2) for images in (pairs.degraded[chosen], restored8, pairs.clean[chosen])]
    write_atomically(path, png(torch.cat(rows, 1)))


def read_samples(path: Path, size: int) -> dict[str, np.ndarray]:
    """The rows of a sample picture, each uint8 `(count, size, size, 3)`. Raises ValueError for another layout.

    A picture of a single row has nothing but the restored images: see `lighten`.
    """
    with Image.open(path) as image:
        picture = np.asarray(image.convert("RGB"))
    names = ROWS if picture.shape[0] == size * len(ROWS) else ("restored",)
    if picture.shape[0] != size * len(names) or picture.shape[1] % size:
        raise ValueError(f"{path} is {picture.shape[1]}×{picture.shape[0]} px, which is no sample picture of {size} px")
    tiles = picture.reshape(len(names), size, -1, size, 3).swapaxes(1, 2)
    return dict(zip(names, tiles, strict=True))


def lighten(path: Path, size: int, count: int, *, whole: bool) -> bytes:
    """A sample picture cut to its first `count` images; unless `whole`, to the restored ones.

    What the models got, and the truth, is the same in all results of a board: one of them has to keep it.
    """
    rows = read_samples(path, size)
    names = [name for name in ROWS if name in rows and (whole or name == "restored")]
    strips = [torch.from_numpy(np.concatenate(list(rows[name][:count]), axis=1)) for name in names]
    return png(torch.cat(strips, 0).permute(2, 0, 1))


def png(image: Tensor) -> bytes:
    """A uint8 `(3, H, W)` tensor as the bytes of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(image.permute(1, 2, 0).contiguous().numpy()).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
