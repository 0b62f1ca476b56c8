"""The small CNN of an enhancement study: 3→64→64→3, 3×3 kernels, zero padding, ReLU between; 40,451 parameters.

Trained for 30 epochs with the mean squared error; its learning rate and schedule are not published, so they are
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
    return [BasicCNN]


@dataclass(frozen=True)
class BasicCNN(Model):
    """Three convolutions at full resolution."""

    name = "basic-cnn"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=30, batch=8)

    def build(self, task: Task) -> nn.Module:
        return plain_cnn(task.channels, 64, 64, task.channels)
