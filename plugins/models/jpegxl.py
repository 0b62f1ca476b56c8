"""JPEG XL through Pillow and its plugin pillow-jxl-plugin (libjxl): real files, so it has a rate.

ISO/IEC 18181, stored as the bare codestream, lossy. Pillow alone does not write it; the extra `jxl` adds that.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from benchbench import Model, Recipe, Task, hookimpl, param

from . import _codec

PLUGIN = "pillow-jxl-plugin"
_METADATA = {1: 27, 3: 2}
"""Bits of the image's metadata by its channels: colour is the default, grey is spelt out."""


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [JpegXL]


@dataclass(frozen=True)
class JpegXL(Model):
    """JPEG XL files, lossy."""

    name = "jpegxl"
    recipe: ClassVar[Recipe | None] = None
    restores: ClassVar[bool] = False
    rates: ClassVar[Mapping[str, Sequence[float]]] = {"quality": (5, 20, 35, 50, 65, 80, 95)}

    quality: int = param(75, "libjxl's quality; 90 is hardly visible", low=0, high=99)
    effort: int = param(7, "libjxl's effort; more is slower and smaller", low=1, high=9)

    def build(self, task: Task) -> nn.Module:
        return JpegXLCodec(task.channels, {"quality": self.quality, "effort": self.effort, "num_threads": 1})

    def version(self) -> str:
        try:
            return f"{PLUGIN} {importlib.metadata.version(PLUGIN)}"
        except importlib.metadata.PackageNotFoundError:
            return ""

    def unavailable(self, task: Task) -> str | None:
        try:
            importlib.import_module("pillow_jxl")  # which tells Pillow of the format
        except ImportError:
            return "stores JPEG XL only with an extra: pip install 'benchbench-portraits[jxl]'"
        return _codec.unavailable("zlib", task)


class JpegXLCodec(_codec.PillowCodec):
    """Codestreams of JPEG XL: signature, size and metadata, filled up to whole bytes, then the image."""

    def __init__(self, channels: int, options: Mapping[str, object]) -> None:
        importlib.import_module("pillow_jxl")
        super().__init__("JXL", channels, options)

    def payload(self, data: bytes) -> int:
        first = int.from_bytes(data[2:6], "little")  # fields begin at the lowest bit
        size = 9 if first & 1 else 6 + (9, 13, 18, 30)[first >> 1 & 3]  # 9 for multiples of 8 px, up to 256
        return len(data) - 2 - math.ceil((size + _METADATA[self.channels]) / 8)
