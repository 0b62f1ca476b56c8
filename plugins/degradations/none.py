"""The degradation that leaves every image as it is: a check on models, and the task of a codec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from benchbench import Degradation, Degraded, Draw, hookimpl


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Nothing]


@dataclass(frozen=True)
class Nothing(Degradation):
    """No degradation: the model gets the clean image (lossy compression, a test of harmlessness)."""

    name = "none"
    degrades: ClassVar[bool] = False

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return Degraded(clean)

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        return degraded.clone()
