"""JPEG 2000 through Pillow (OpenJPEG): wavelets instead of JPEG's blocks, real bytes, so it has a rate.

ISO/IEC 15444-1, irreversible 9/7 wavelet, stored as the bare codestream. It has no scale of qualities: one asks for
a PSNR (or for a file size, which at portrait sizes is mostly a matter of the headers).
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
    return [Jpeg2000]


@dataclass(frozen=True)
class Jpeg2000(Model):
    """JPEG 2000 codestreams, lossy."""

    name = "jpeg2000"
    recipe: ClassVar[Recipe | None] = None
    restores: ClassVar[bool] = False
    rates: ClassVar[Mapping[str, Sequence[float]]] = {"psnr": (20, 24, 28, 32, 36, 42)}

    psnr: float = param(35.0, "PSNR aimed at", low=10, high=80, unit="dB")

    def build(self, task: Task) -> nn.Module:
        options = {"quality_mode": "dB", "quality_layers": [self.psnr], "irreversible": True, "no_jp2": True}
        return _codec.PillowCodec("JPEG2000", task.channels, options)

    def version(self) -> str:
        return _codec.version("jpg_2000")

    def unavailable(self, task: Task) -> str | None:
        return _codec.unavailable("jpg_2000", task)
