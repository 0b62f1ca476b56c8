"""Unsharp masking: add what a Gaussian blur takes away, `x + amount · (x − blur(x))` (scikit-image)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from torch import nn

from benchbench import Model, Recipe, Task, hookimpl, param

from ._classical import OnPlanes


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Unsharp]


@dataclass(frozen=True)
class Unsharp(Model):
    """Unsharp masking."""

    name = "unsharp"
    recipe: ClassVar[Recipe | None] = None

    radius: float = param(1.0, "standard deviation of the Gaussian", low=0.1, high=64, unit="px")
    amount: float = param(1.0, "how much of the detail is added", low=0, high=20)

    def build(self, task: Task) -> nn.Module:
        return OnPlanes(partial(sharpen, radius=self.radius, amount=self.amount))


def sharpen(planes: np.ndarray, radius: float, amount: float) -> np.ndarray:
    from skimage.filters import unsharp_mask

    return unsharp_mask(planes, radius, amount, preserve_range=True, channel_axis=0)
