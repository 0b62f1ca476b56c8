"""JPEG XL (ISO/IEC 18181) through imagecodecs (libjxl): real files, so it has a rate. Pillow does not write them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import imagecodecs
import numpy as np
import torch
from torch import Tensor, nn

from benchbench import Codec, Model, Recipe, Task, hookimpl, param


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [JPEGXL]


class Files(nn.Module, Codec):
    """Each image as a JPEG XL file."""

    def __init__(self, channels: int, distance: float, effort: int) -> None:
        super().__init__()
        self.channels, self.distance, self.effort = channels, distance, effort

    def forward(self, images: Tensor) -> Tensor:
        return self.decompress(self.compress(images)).to(images)

    def compress(self, images: Tensor) -> list[bytes]:
        levels = images.detach().float().clamp(0, 1).mul(255).round().byte().permute(0, 2, 3, 1)  # (N,H,W,C)
        return [
            imagecodecs.jpegxl_encode(pixels, distance=self.distance, effort=self.effort, numthreads=1)
            for pixels in levels.cpu().numpy()
        ]

    def decompress(self, data: Sequence[bytes]) -> Tensor:
        decoded = [imagecodecs.jpegxl_decode(file, numthreads=1) for file in data]  # (H,W,C), or (H,W) if grey
        pixels = np.stack([image.reshape(*image.shape[:2], self.channels) for image in decoded])
        return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255


@dataclass(frozen=True)
class JPEGXL(Model):
    """JPEG XL files, lossy."""

    name = "jpeg-xl"
    recipe: ClassVar[Recipe | None] = None
    restores: ClassVar[bool] = False
    rates: ClassVar[Mapping[str, Sequence[float]]] = {"distance": (0.5, 1, 2, 4, 8, 16)}
    distance: float = param(1.0, "libjxl's distance from the original; 1 is hardly visible", low=0.1, high=25)
    effort: int = param(7, "libjxl's effort; more is slower and smaller", low=1, high=9)

    def build(self, task: Task) -> nn.Module:
        return Files(task.channels, self.distance, self.effort)

    def version(self) -> str:  # another libjxl may write other bytes
        return imagecodecs.jpegxl_version()

    def unavailable(self, task: Task) -> str | None:
        return None if imagecodecs.JPEGXL.available else "needs an imagecodecs that was built with libjxl"
