"""DnCNN: a deep plain network that predicts the noise (Zhang et al. 2017, IEEE TIP, arXiv 1608.03981).

    conv + ReLU | (conv + batch norm + ReLU) × (depth − 2) | conv        3×3, 64 channels; its output is added

Depth 17 is the paper's network for one noise level, 20 its blind one; both do all their work at full resolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from benchbench import Model, Recipe, Task, hookimpl, param

from ._blocks import Residual, conv

WIDTH = 64


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [DnCNN]


@dataclass(frozen=True)
class DnCNN(Model):
    """Deep residual denoiser with batch normalisation."""

    name = "dncnn"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=50, batch=4, lr=1e-3)

    depth: int = param(17, "number of convolutions", low=3, high=64)

    def build(self, task: Task) -> nn.Module:
        first = [conv(task.channels, WIDTH), nn.ReLU()]
        middle = [layer for _ in range(self.depth - 2) for layer in normalised()]
        return Residual(*first, *middle, conv(WIDTH, task.channels))


def normalised() -> tuple[nn.Module, ...]:
    return conv(WIDTH, WIDTH, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU()
