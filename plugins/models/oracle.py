"""The ideal inverse of the degradation, told the parameters that were drawn: the ceiling, where one is known.

Swirl: the swirl back by the true angle, radius and centre. What it still misses is lost information (resampling,
rounding to 8 bits), so `recovered = (score - identity) / (oracle - identity)` measures a model against the possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from benchbench import Degradation, Model, Recipe, Task, hookimpl


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Oracle]


@dataclass(frozen=True)
class Oracle(Model):
    """The degradation's ideal inverse, knowing its true parameters."""

    name = "oracle"
    role = "ideal"
    recipe: ClassVar[Recipe | None] = None
    sees: ClassVar[tuple[str, ...]] = ("truth",)

    def build(self, task: Task) -> nn.Module:
        return Inverse(task.degradation)

    def unavailable(self, task: Task) -> str | None:
        return None if task.degradation.has_oracle else f"no ideal inverse is known for {task.degradation.name}"


class Inverse(nn.Module):
    """`degradation.invert` as a module."""

    def __init__(self, degradation: Degradation) -> None:
        super().__init__()
        self.degradation = degradation

    def forward(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        return self.degradation.invert(degraded, truth)
