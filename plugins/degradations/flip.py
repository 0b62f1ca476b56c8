"""Flip: the image upside down, or mirrored left to right. It loses nothing, so its inverse is itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from benchbench import Degradation, Degraded, Draw, hookimpl, param


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Flip]


@dataclass(frozen=True)
class Flip(Degradation):
    """Upside down (vertical), or mirrored left to right (horizontal)."""

    name = "flip"
    direction: Literal["vertical", "horizontal"] = param("vertical", "upside down, or left to right")

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return Degraded(clean.flip(-2 if self.direction == "vertical" else -1))

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        return degraded.flip(-2 if self.direction == "vertical" else -1)
