"""JPEG artefacts: each image is written as a JPEG file by Pillow (libjpeg) and read back.

The standard is ITU-T T.81 (1992); `quality` is libjpeg's scale. Images are rounded to 8 bits first.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from PIL import features
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Range, TrialError, hookimpl, param

from ._integers import integers


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Jpeg]


@dataclass(frozen=True)
class Jpeg(Degradation):
    """JPEG compression artefacts, from real files written by Pillow."""

    name = "jpeg"
    quality: Range = param(Range(10, 10), "libjpeg's quality, a whole number", low=1, high=100)
    subsampling: Literal["4:4:4", "4:2:2", "4:2:0"] = param("4:2:0", "resolution of the colour channels")

    def version(self) -> str:
        return f"jpg {features.version('jpg')}"  # another libjpeg may write other bytes

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        """Raises TrialError for images of neither one nor three channels."""
        if clean.shape[1] not in (1, 3):
            raise TrialError(f"jpeg: images must have 1 or 3 channels, these have {clean.shape[1]}")
        quality = integers(draw, self.quality)
        pixels = clean.clamp_(0, 1).mul_(255).round_().to(torch.uint8).permute(0, 2, 3, 1).contiguous()  # (N,H,W,C)
        files = zip(pixels.cpu().numpy(), quality.int().tolist(), strict=True)
        decoded = np.stack([there_and_back(image, q, self.subsampling) for image, q in files])
        images = torch.from_numpy(decoded).to(clean.device).permute(0, 3, 1, 2)
        images = images.to(clean.dtype, memory_format=torch.contiguous_format).div_(255)
        return Degraded(images, truth={"quality": quality})


def there_and_back(pixels: np.ndarray, quality: int, subsampling: str) -> np.ndarray:
    """uint8 pixels (H,W,C), C one (grey) or three (RGB), after a JPEG file of this quality; same shape."""
    from PIL import Image

    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling=subsampling)
    with Image.open(file) as read:
        return np.asarray(read).reshape(pixels.shape)
