"""The degraded input itself: the row that every restorer has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from benchbench import Model, Recipe, Task, hookimpl


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Identity]


@dataclass(frozen=True)
class Identity(Model):
    """The degraded image as it is."""

    name = "identity"
    role = "baseline"
    recipe: ClassVar[Recipe | None] = None

    def build(self, task: Task) -> nn.Module:
        return nn.Identity()
