"""Luma as papers on super-resolution score it."""

from __future__ import annotations

from torch import Tensor

STUDIO = (65.481 / 255, 128.553 / 255, 24.966 / 255)  # from R, G, B; in all 219 of 255 levels
BLACK = 16 / 255


def studio_luma(images: Tensor) -> Tensor:
    """The luma Y `(N, 1, H, W)`, 16/255 for black to 235/255 for white, of `(N, C, H, W)` in [0, 1], C 3 or 1.

    ITU-R BT.601 as MATLAB's `rgb2ycbcr` has it, not rounded; a grey image counts as three equal channels.
    """
    red, green, blue = images.expand(-1, 3, -1, -1).split(1, dim=1)
    return BLACK + STUDIO[0] * red + STUDIO[1] * green + STUDIO[2] * blue
