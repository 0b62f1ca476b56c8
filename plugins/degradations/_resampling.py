"""Resizing by a factor of its own for each image, as Pillow's `resize` does it."""

from __future__ import annotations

import torch
from torch import Tensor


def _box(distance: Tensor) -> Tensor:
    return ((distance > -0.5) & (distance <= 0.5)).to(distance.dtype)


def _triangle(distance: Tensor) -> Tensor:
    return (1 - distance.abs()).clamp(min=0)


def _cubic(distance: Tensor) -> Tensor:
    """Keys 1981 with a = −1/2."""
    x = distance.abs()
    near, far = (1.5 * x - 2.5) * x**2 + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return torch.where(x < 1, near, torch.where(x < 2, far, 0))


FILTERS = (_box, _triangle, _cubic)
"""Pillow's BOX, BILINEAR and BICUBIC."""


def resampling(given: Tensor, wanted: Tensor, method: Tensor, shape: tuple[int, int]) -> Tensor:
    """Matrices (N, *shape) that turn the first `given` (N,) pixels of a line into the first `wanted` (N,) of another.

    `method` (N,) is a place in `FILTERS`. Reducing, the filter is widened, so that nothing is skipped. What lies beyond
    either length is zero.
    """
    given, wanted = given.view(-1, 1, 1), wanted.view(-1, 1, 1)
    rows, columns = (torch.arange(length, device=given.device, dtype=torch.float32) for length in shape)
    scale = given / wanted
    distance = (columns + 0.5 - (rows[:, None] + 0.5) * scale) / scale.clamp(min=1)
    weights = torch.empty_like(distance)
    for number, filter in enumerate(FILTERS):
        own = (method == number).nonzero()[:, 0]
        weights[own] = filter(distance[own])
    weights = weights * (columns < given) * (rows[:, None] < wanted)
    total = weights.sum(2, keepdim=True)
    return weights / torch.where(total == 0, 1, total)
