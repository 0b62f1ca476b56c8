"""Pixelation: each block of n×n pixels becomes its mean.

The blocks start at the upper left corner; where the size is no multiple of n, the last ones are smaller, and their mean
is taken over the pixels that are there (`skimage.measure.block_reduce(func=np.mean)` would count padded zeros).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, hookimpl, param


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Pixelate]


@dataclass(frozen=True)
class Pixelate(Degradation):
    """Pixelation: each n×n block becomes its mean."""

    name = "pixelate"
    default = True
    block: int = param(8, "side of a block", low=1, high=1024, unit="px")

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        height, width = clean.shape[-2:]
        size = (min(self.block, height), min(self.block, width))
        means = F.avg_pool2d(clean, size, ceil_mode=True, count_include_pad=False)
        images = means.repeat_interleave(size[1], -1).repeat_interleave(size[0], -2)
        return Degraded(images[..., :height, :width].contiguous())
