"""The larger CNN of an enhancement study: 3→64→64→128→128→3, 3×3 kernels, ReLU between; 263,619 parameters.

Trained for 20 epochs with the mean squared error; its learning rate and schedule are not published, so they are
benchbench's defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from benchbench import Model, Recipe, Task, hookimpl

from ._blocks import plain_cnn


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [BigCNN]


@dataclass(frozen=True)
class BigCNN(Model):
    """Five convolutions at full resolution."""

    name = "big-cnn"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=20, batch=8)

    def build(self, task: Task) -> nn.Module:
        return plain_cnn(task.channels, 64, 64, 128, 128, task.channels)
