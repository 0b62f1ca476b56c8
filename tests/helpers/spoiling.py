"""Five small images with faces, and a degradation that does whatever a test wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from benchbench import Degradation, Degraded, Draw
from benchbench.contracts.seeding import SeededDraw

IDS = [f"face-{i}" for i in range(5)]
CLEAN = SeededDraw(0, "clean", IDS).uniform(0, 1, (3, 9, 9))
FACE = SeededDraw(0, "face", IDS).uniform(0, 1, (1, 9, 9)) < 0.2


def draw() -> SeededDraw:
    return SeededDraw(0, "test", IDS)


@dataclass(frozen=True)
class Spoil(Degradation):
    """Whatever a test wants it to do."""

    name = "spoil"
    how: ClassVar[Callable[[Tensor, Draw], Degraded]]

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return type(self).how(clean, draw)


def spoil(how: Callable[[Tensor, Draw], Degraded], region: str = "image") -> Spoil:
    """A degradation that does this."""
    return type("Spoil", (Spoil,), {"how": staticmethod(how)})(region=region)
