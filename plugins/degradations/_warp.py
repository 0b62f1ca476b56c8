"""Turning the pixels of images about a centre."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor


def offsets(centre: Tensor, height: int, width: int, supersample: int = 1) -> tuple[Tensor, Tensor]:
    """Offsets (N,1,w) of columns and (N,h,1) of rows from `centre` (N,2: column, row), all in pixels.

    0 is the centre of the first pixel. With `supersample`, each pixel has that many evenly spaced points a side.
    """
    columns, rows = (
        (torch.arange(length * supersample, device=centre.device) + 0.5) / supersample - 0.5
        for length in (width, height)
    )
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
    x = x_centre + (dx * x_scale) * cosine - (dy * x_scale) * sine
    y = y_centre + (dx * y_scale) * sine + (dy * y_scale) * cosine
    grid = torch.stack((x, y), dim=-1)  # (N,h,w,2)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode=outside, align_corners=True)


def _scale(length: int) -> float:
    """Units of `grid_sample` a pixel; on an axis of one pixel all points fall on it."""
    return 2 / (length - 1) if length > 1 else 0.0
