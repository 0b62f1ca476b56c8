"""Occlusion: square patches, each wholly inside the image, are painted over.

After "cutout" (DeVries & Taylor 2017, arXiv 1708.04552), whose squares may stick out, and the square masks of context
encoders (Pathak et al. 2016, arXiv 1604.07379).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Range, hookimpl, param


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Occlude]


@dataclass(frozen=True)
class Occlude(Degradation):
    """Square patches painted over in black, noise or the image's mean colour.

    The region is the union of the patches, which may overlap; the truth has `patches` (N, count, 3): first row, first
    column and side of each, in pixels.
    """

    name = "occlude"
    count: int = param(1, "patches on each image", low=1, high=64)
    size: Range = param(Range(0.25, 0.4), "side of a patch, as a fraction of the shorter side", low=0, high=1)
    fill: Literal["zeros", "noise", "mean"] = param("zeros", "black, uniform noise, or the image's own mean colour")

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        height, width = clean.shape[-2:]
        patches = self._patches(height, width, draw)
        region = _covered(patches, height, width)
        paint = self._paint(clean, draw)
        images = clean.mul_(~region)  # sums and products are several times faster than a choice by mask
        if paint is not None:
            images.addcmul_(paint, region.to(clean.dtype))
        return Degraded(images, region, {"patches": patches})

    def _patches(self, height: int, width: int, draw: Draw) -> Tensor:
        sizes = draw.uniform(self.size.low, self.size.high, (self.count,))
        side = (sizes * min(height, width)).round().clamp(min=1)  # (N,count)
        corner = draw.uniform(shape=(self.count, 2))
        places = torch.stack((height - side, width - side), -1)  # (N,count,2): last first row and first column
        return torch.cat(((corner * (places + 1)).floor().minimum(places), side[..., None]), -1)

    def _paint(self, clean: Tensor, draw: Draw) -> Tensor | None:
        if self.fill == "noise":
            return draw.uniform(shape=clean.shape[1:])
        if self.fill == "zeros":
            return None
        # One axis after the other: a sum over both is split among threads, in an order that the batch size changes.
        return clean.mean(3, keepdim=True).mean(2, keepdim=True)


def _covered(patches: Tensor, height: int, width: int) -> Tensor:
    """bool (N,1,H,W): the pixels in any of the patches (N,count,3)."""
    top, left, side = patches.unbind(-1)

    def inside(start: Tensor, length: int) -> Tensor:
        position = torch.arange(length, device=patches.device)
        return (position >= start[..., None]) & (position < (start + side)[..., None])  # (N,count,length)

    rows, columns = inside(top, height), inside(left, width)
    return (rows[..., :, None] & columns[..., None, :]).any(1, keepdim=True)
