"""Turning the pixels of images about a centre."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor


def offsets(centre: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Offsets (N,1,w) of all columns and (N,h,1) of all rows from `centre` (N,2: column, row), in pixels.

    Positions count from 0 at the centre of the first pixel.
    """
    columns, rows = (torch.arange(length, device=centre.device) for length in (width, height))
    return columns - centre[:, 0].view(-1, 1, 1), rows[:, None] - centre[:, 1].view(-1, 1, 1)


def turn(
    images: Tensor, centre: Tensor, dx: Tensor, dy: Tensor, angle: Tensor, outside: Literal["reflection", "zeros"]
) -> Tensor:
    """`images` (N,C,H,W) at the offsets `dx`, `dy` from `centre` turned by `angle` (N,h,w or broadcasting to it).

    Angles are in radians, from the column axis towards the row axis. Interpolation is bilinear; beyond the outermost
    pixels' centres lies their mirror image ("reflection", NumPy's "reflect") or black ("zeros").
    """
    sine, cosine = angle.sin(), angle.cos()
    height, width = images.shape[-2:]
    # grid_sample counts from −1 to 1. Scaling the short axes here spares two passes over all points.
    x_scale, y_scale = _scale(width), _scale(height)
    x_centre = (centre[:, 0] * x_scale - 1).view(-1, 1, 1)
    y_centre = (centre[:, 1] * y_scale - 1).view(-1, 1, 1)
    x = torch.addcmul(x_centre, dx * x_scale, cosine).addcmul(dy * x_scale, sine, value=-1)
    y = torch.addcmul(y_centre, dx * y_scale, sine).addcmul(dy * y_scale, cosine)
    grid = torch.view_as_real(torch.complex(x, y))  # (N,h,w,2); interleaves faster than a stack
    return F.grid_sample(images, grid, mode="bilinear", padding_mode=outside, align_corners=True)


def _scale(length: int) -> float:
    """Units of `grid_sample` a pixel; on an axis of one pixel all points fall on it."""
    return 2 / (length - 1) if length > 1 else 0.0
