"""Photographs with a real face, the astronaut that scikit-image carries, and a restorer of pixelated faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import toys
from skimage import data
from torch import Tensor, nn
from torch.nn import functional as F

from benchbench import Task
from benchbench.data.faces import Face
from benchbench.data.prepared import PreparedDataset
from benchbench.photos.restorer import Restorer
from benchbench_plugins.degradations.pixelate import Pixelate

SIZE, BLOCK, N = 64, 8, 24
FACE = Face(224, 115, 106)  # of the astronaut, by eye
SPLITS = ["train"] * 12 + ["validation"] * 12


def astronaut() -> Tensor:
    """The photograph, float32 `(1, 3, 512, 512)`."""
    return torch.from_numpy(data.astronaut().copy()).permute(2, 0, 1)[None].float() / 255


def training_images(folder: Path) -> PreparedDataset:
    """Squares around that face, 176 px wide and a little displaced, brighter or darker, at 64 px."""
    draw = np.random.default_rng(0)
    squares = []
    for _ in range(N):
        left, top = 224 - 88 + draw.integers(-4, 5), 115 - 95 + draw.integers(-4, 5)
        square = astronaut()[..., top : top + 176, left : left + 176] * draw.uniform(0.7, 1)
        squares.append(F.interpolate(square, (SIZE, SIZE), mode="bicubic", antialias=True).clamp(0, 1))
    pixels = torch.cat(squares).mul(255).round().byte()
    ids = [f"astronaut-{i}" for i in range(N)]
    return PreparedDataset("astronauts", "astronauts", SIZE, "f00d", ids, pixels, None, {}, SPLITS, [], folder=folder)


class SmoothBlocks(nn.Module):
    """Draws smooth curves through the blocks' means: better than the blocks on nearly every picture."""

    def forward(self, degraded: Tensor) -> Tensor:
        means = F.avg_pool2d(degraded, BLOCK, ceil_mode=True, count_include_pad=False)
        return F.interpolate(means, degraded.shape[2:], mode="bicubic")


def restorer(folder: Path) -> Restorer:
    """The smoother of blocks, as if it had been trained on the astronaut."""
    task = Task(SIZE, Pixelate(block=BLOCK))
    found = Restorer(None, toys.TinyConv(), task, SmoothBlocks(), "")  # type: ignore[arg-type]
    vars(found)["images"] = training_images(folder)
    return found


def pixelated(photo: Tensor, block: int) -> Tensor:
    """Pixelate `(1, 3, H, W)` in blocks that begin at the upper left corner, rounded to 8 bits."""
    return Pixelate(block=block).apply(photo, None).images.mul(255).round() / 255  # type: ignore[arg-type]


def far(block: int) -> Tensor:
    """The astronaut in a larger photograph, all of it pixelated: `(1, 3, 1200, 1280)`."""
    photo = torch.full((1, 3, 1200, 1280), 0.5)
    photo[..., 300:900, 300:980] = F.interpolate(astronaut()[..., :300, 60:400], scale_factor=2)
    return pixelated(photo, block)


def psnr(image: Tensor, clean: Tensor, mask: Tensor) -> float:
    """PSNR in dB inside bool `(1, 1, H, W)`."""
    error = ((image - clean).square() * mask).sum() / (3 * mask.sum())
    return float(-10 * error.log10())
