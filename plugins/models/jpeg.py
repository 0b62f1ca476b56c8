"""JPEG through Pillow (libjpeg): real files, so it has a rate. Quality 85 is the baseline of study D.

Wallace 1992, "The JPEG still picture compression standard". Chroma is sampled as Pillow does by default (4:2:0).
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
    return [Jpeg]


@dataclass(frozen=True)
class Jpeg(Model):
    """JPEG files, the baseline of lossy compression."""

    name = "jpeg"
    role = "anchor"
    recipe: ClassVar[Recipe | None] = None
    restores: ClassVar[bool] = False
    rates: ClassVar[Mapping[str, Sequence[float]]] = {"quality": (2, 5, 10, 20, 40, 60, 80, 95)}

    quality: int = param(85, "libjpeg's quality", low=1, high=95)

    def build(self, task: Task) -> nn.Module:
        return _codec.PillowCodec("JPEG", task.channels, {"quality": self.quality})

    def version(self) -> str:
        return _codec.version("jpg")

    def unavailable(self, task: Task) -> str | None:
        return _codec.unavailable("jpg", task)
