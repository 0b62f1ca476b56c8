"""The median of each pixel's square neighbourhood, channel by channel: the classic against impulse noise.

Tukey 1977, "Exploratory Data Analysis". Edges are repeated outwards (SciPy's mode "nearest").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor, nn
from torch.nn import functional as F

from benchbench import Model, Recipe, Task, hookimpl, param


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Median]


@dataclass(frozen=True)
class Median(Model):
    """Median filter, channel by channel."""

    name = "median"
    recipe: ClassVar[Recipe | None] = None

    size: Literal[3, 5, 7, 9] = param(3, "side of the neighbourhood", unit="px")

    def build(self, task: Task) -> nn.Module:
        return MedianFilter(self.size)


class MedianFilter(nn.Module):
    """`(N, C, H, W)` to the medians of `size`×`size` windows."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, images: Tensor) -> Tensor:
        margin = self.size // 2
        padded = F.pad(images, (margin,) * 4, mode="replicate")
        windows = padded.unfold(2, self.size, 1).unfold(3, self.size, 1)  # (N, C, H, W, size, size)
        return windows.flatten(-2).median(dim=-1).values
