"""Total-variation denoising: the flattest image near the given one, edges kept (scikit-image).

Minimises |∇x| + (x − y)² / (2·weight) by Chambolle's dual algorithm (2004, JMIV 20). Channel by channel.
"""

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
    return [TotalVariation]


@dataclass(frozen=True)
class TotalVariation(Model):
    """Total-variation denoising."""

    name = "total-variation"
    recipe: ClassVar[Recipe | None] = None

    weight: float = param(0.1, "strength: the greater, the flatter", low=1e-4, high=10)

    def build(self, task: Task) -> nn.Module:
        return OnPlanes(partial(flatten, weight=self.weight))


def flatten(planes: np.ndarray, weight: float) -> np.ndarray:
    from skimage.restoration import denoise_tv_chambolle

    return denoise_tv_chambolle(planes, weight, channel_axis=0)
