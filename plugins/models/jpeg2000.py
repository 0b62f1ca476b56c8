"""JPEG 2000 through Pillow (OpenJPEG): wavelets instead of JPEG's blocks, real bytes, so it has a rate.

ISO/IEC 15444-1, irreversible 9/7 wavelet, stored as the bare codestream. It has no scale of qualities: one asks for
a ratio of raw bytes to file. The default ratio of 7 gives about the bytes of JPEG at quality 85 on portraits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from benchbench import Model, Recipe, Task, hookimpl, param

from . import _codec


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Jpeg2000]


@dataclass(frozen=True)
class Jpeg2000(Model):
    """JPEG 2000 codestreams, lossy."""

    name = "jpeg2000"
    recipe: ClassVar[Recipe | None] = None

    ratio: float = param(7.0, "raw bytes to stored bytes", low=1, high=1000)

    def build(self, task: Task) -> nn.Module:
        options = {"quality_mode": "rates", "quality_layers": [self.ratio], "irreversible": True, "no_jp2": True}
        return _codec.PillowCodec("JPEG2000", task.channels, options)

    def unavailable(self, task: Task) -> str | None:
        return _codec.unavailable("jpg_2000", task)
