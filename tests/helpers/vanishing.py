"""A plugin that can be imported by the run, but not by the process of a trial."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from benchbench import Model, Recipe, Task, hookimpl

if multiprocessing.parent_process():
    raise ImportError("libmissing.so: cannot open shared object file")


@dataclass(frozen=True)
class Vanishing(Model):
    """Is not there when it is needed."""

    name = "vanishing"
    recipe: ClassVar[Recipe | None] = None

    def build(self, task: Task) -> nn.Module:
        return nn.Identity()


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Vanishing]
