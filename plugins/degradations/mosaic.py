"""Mosaic: pixelation as it is met, in blocks of unknown size that begin anywhere.

Each block of n×n pixels becomes its mean; the grid is shifted by 0 to n − 1 pixels in each axis. At the border the
blocks are cut off, and the mean is that of the pixels that are there. With a shift of 0 it is `pixelate`, whose blocks
of known size always begin in the corner: a network learns that grid by heart.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Graded, Range, graded, hookimpl

TIE = 1e-6
"""Taken from every mean: many lie midway between two levels of 8 bits, and another order of summing rounds them up."""


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Mosaic]


@dataclass(frozen=True)
class Mosaic(Graded):
    """Pixelation with blocks of unknown size at an unknown offset.

    The truth has `block` (N,), the blocks' side, and `offset` (N,2): how many columns and rows the first block lacks.
    """

    name = "mosaic"
    block: Range | None = graded(
        "side of a block, a whole number", ((3, 4), (4, 6), (6, 9), (9, 13), (13, 18)), low=1, high=1024, unit="px"
    )

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        block = self.amounts(draw)["block"].round()
        offset = (draw.uniform(shape=(2,)) * block[:, None]).floor().minimum(block[:, None] - 1)
        across, down = (
            averaging(length, block, shift)
            for length, shift in zip((clean.shape[3], clean.shape[2]), offset.unbind(1), strict=True)
        )
        images = (down[:, None] @ clean @ across[:, None] - TIE).clamp(min=0)
        return Degraded(images, truth={"block": block, "offset": offset})


def averaging(length: int, block: Tensor, shift: Tensor) -> Tensor:
    """Matrices (N,length,length) that average blocks of side `block` (N,), the first of which lacks `shift` (N,)."""
    number = ((torch.arange(length, device=block.device) + shift[:, None]) / block[:, None]).floor()  # (N,length)
    same = (number[:, :, None] == number[:, None, :]).to(torch.float32)
    return same / same.sum(2, keepdim=True)
