"""Lossy WebP through Pillow (libwebp): real files, so it has a rate.

RFC 9649, "WebP Image Format". It always samples chroma 4:2:0.
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
    return [WebP]


@dataclass(frozen=True)
class WebP(Model):
    """WebP files, lossy."""

    name = "webp"
    recipe: ClassVar[Recipe | None] = None
    restores: ClassVar[bool] = False
    rates: ClassVar[Mapping[str, Sequence[float]]] = {"quality": (0, 10, 30, 50, 70, 85, 95)}

    quality: int = param(80, "libwebp's quality", low=0, high=100)

    def build(self, task: Task) -> nn.Module:
        return _codec.PillowCodec("WEBP", task.channels, {"quality": self.quality})

    def version(self) -> str:
        return _codec.version("webp")

    def unavailable(self, task: Task) -> str | None:
        return _codec.unavailable("webp", task)
