"""Average over a grid, then bicubic interpolation: what one does with a low-resolution portrait without a model.

The grid is the degradation's own where it has one (its parameter `block` or `factor`), so a pixelated image loses
nothing in the averaging and each block becomes one sample of a smooth surface. Interpolation: cubic convolution with
a = -0.75 (`torch.nn.functional.interpolate`); Keys 1981, "Cubic convolution interpolation for digital image
processing".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from benchbench import Model, Recipe, Task, hookimpl, param

from ._blocks import Padded

WITHOUT_GRID = 2
"""The factor for a degradation without a grid: the least that still removes something."""


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Bicubic]


@dataclass(frozen=True)
class Bicubic(Model):
    """Average over the pixelation's grid, then bicubic interpolation."""

    name = "bicubic"
    recipe: ClassVar[Recipe | None] = None

    factor: int | None = param(
        None, "side of a grid cell; none: the degradation's, or 2 where it has no grid", low=1, high=64, unit="px"
    )

    def build(self, task: Task) -> nn.Module:
        factor = min(self.factor or grid_of(task), task.size)
        return Padded(factor, Resample(factor))


def grid_of(task: Task) -> int:
    """The side of the degradation's grid cell in pixels, `WITHOUT_GRID` where it has none."""
    sides = (getattr(task.degradation, name, None) for name in ("block", "factor"))
    return next((side for side in sides if isinstance(side, int)), WITHOUT_GRID)


class Resample(nn.Module):
    """Down by averaging, up by bicubic interpolation."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, images: Tensor) -> Tensor:
        small = F.avg_pool2d(images, self.factor)
        return F.interpolate(small, scale_factor=self.factor, mode="bicubic", align_corners=False)
