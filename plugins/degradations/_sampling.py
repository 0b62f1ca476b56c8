"""Images sampled between their pixels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def sampled(images: Tensor, columns: Tensor, rows: Tensor) -> Tensor:
    """Sample `images` (N,C,H,W) at `columns`, `rows` (N,h,w), in pixels that count from 0 at the first one's centre.

    Interpolation is bilinear; beyond the outermost pixels' centres lies their mirror image (NumPy's "reflect").
    """
    height, width = images.shape[-2:]
    scaled = [
        2 * place / (length - 1) - 1 if length > 1 else place * 0
        for place, length in ((columns, width), (rows, height))
    ]
    grid = torch.stack(scaled, -1)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=True)


def positions(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Columns (1,1,w) and rows (1,h,1) of all pixels, as float32."""
    columns, rows = (torch.arange(length, device=device, dtype=torch.float32) for length in (width, height))
    return columns[None, None], rows[None, :, None]
