"""Restoring by a function, for tests of what becomes of its images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from toys import Darken

from benchbench import Model, Recipe, Task
from benchbench.data.degraded import DegradedSet
from benchbench.evaluation.restore import Restored, restore

CPU = torch.device("cpu")
TASK = Task(16, Darken())


@dataclass(frozen=True)
class Doing(Model):
    """Does what it is told."""

    name = "doing"
    recipe: ClassVar[Recipe | None] = None

    def build(self, task: Task) -> nn.Module:
        return nn.Identity()


class Lambda(nn.Module):
    def __init__(self, function: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, degraded: Tensor) -> Any:
        return self.function(degraded)


def restored_by(function: Callable[[Tensor], Any], pairs: DegradedSet) -> Restored:
    return restore(Doing(), Lambda(function), pairs, TASK, CPU)
