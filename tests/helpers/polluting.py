"""A plugin whose import, in the process of a trial, changes what all who share that process meet."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from benchbench import Model, Recipe, Task, hookimpl

if multiprocessing.parent_process():
    torch.set_default_dtype(torch.float64)
    Tensor.clamp = lambda images, low=0, high=1: images * 0  # type: ignore[assignment, method-assign, misc]


@dataclass(frozen=True)
class Polluting(Model):
    """Gives the degraded image back."""

    name = "polluting"
    recipe: ClassVar[Recipe | None] = None

    def build(self, task: Task) -> nn.Module:
        return nn.Identity()


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Polluting]
