"""AVIF through Pillow (libavif), the still pictures of AV1: real files, so it has a rate.

AV1 Image File Format, Alliance for Open Media. Each file carries a header of some 300 bytes, which at 64 pixels a
side is a good part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from benchbench import Model, Recipe, Task, hookimpl, param

from . import _codec


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Avif]


@dataclass(frozen=True)
class Avif(Model):
    """AVIF files, lossy."""

    name = "avif"
    recipe: ClassVar[Recipe | None] = None
    restores: ClassVar[bool] = False
    rates: ClassVar[Mapping[str, Sequence[float]]] = {"quality": (5, 20, 35, 50, 65, 80, 95)}

    quality: int = param(75, "libavif's quality", low=0, high=100)

    def build(self, task: Task) -> nn.Module:
        return _codec.PillowCodec("AVIF", task.channels, {"quality": self.quality, "max_threads": 1})

    def version(self) -> str:
        return _codec.version("avif")

    def unavailable(self, task: Task) -> str | None:
        return _codec.unavailable("avif", task)
