"""Images written as files by Pillow, and read back."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchbench import TrialError


def recoded(images: Tensor, quality: Tensor, form: str, **options: Any) -> Tensor:
    """Images (N,C,H,W) after files of Pillow's format `form`, each of its own `quality` (N,), a whole number.

    They are rounded to 8 bits first. Raises
    TrialError for images of neither one nor three channels.
    """
    if images.shape[1] not in (1, 3):
        raise TrialError(f"{form.lower()}: images must have 1 or 3 channels, these have {images.shape[1]}")
    pixels = images.clamp(0, 1).mul_(255).round_().to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu()  # (N,H,W,C)
    coded = partial(there_and_back, form=form, **options)
    decoded = np.stack(list(map(coded, pixels.numpy(), quality.int().tolist())))
    back = torch.from_numpy(decoded).to(images.device).permute(0, 3, 1, 2)
    return back.to(images.dtype, memory_format=torch.contiguous_format).div_(255)


def there_and_back(pixels: np.ndarray, quality: int, form: str, **options: Any) -> np.ndarray:
    """uint8 pixels (H,W,C), C one (grey) or three (RGB), after a file of this quality; same shape."""
    from PIL import Image

    grey = pixels.shape[-1] == 1
    mode = "L" if grey else "RGB"
    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if grey else pixels).save(file, form, quality=quality, **options)
    with Image.open(file, formats=[form]) as read:
        return np.asarray(read if read.mode == mode else read.convert(mode)).reshape(pixels.shape)
