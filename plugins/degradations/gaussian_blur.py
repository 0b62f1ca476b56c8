"""Gaussian blur: correlation with exp(−(x² + y²) / 2σ²), normalised to sum 1.

The kernel is cut off at 4σ, rounded to whole pixels, and the border reflects about the outer pixels' edges, so that the
result is that of `scipy.ndimage.gaussian_filter` with its defaults (and of `skimage.filters.gaussian(mode="reflect")`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Range, hookimpl, param

from ._filters import filter_axis

_TRUNCATE = 4.0


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [GaussianBlur]


@dataclass(frozen=True)
class GaussianBlur(Degradation):
    """Gaussian blur: out of focus."""

    name = "gaussian-blur"
    sigma: Range = param(Range(2, 2), "standard deviation of the kernel", low=0.1, high=32, unit="px")

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        sigma = draw.within(self.sigma)
        weights = gaussian(sigma, _radius(self.sigma.high))
        kernel = weights[:, None, :, None] * weights[:, None, None, :]  # (N,1,k,k)
        blurred = filter_axis(filter_axis(clean, weights, 2), weights, 3)
        return Degraded(blurred, truth={"sigma": sigma, "kernel": kernel})


def _radius(sigma: float) -> int:
    return int(_TRUNCATE * sigma + 0.5)


def gaussian(sigma: Tensor, radius: int) -> Tensor:
    """Kernels (N, 2·radius+1) for standard deviations `sigma` (N,) in pixels, each zero beyond its own 4σ, sum 1."""
    offset = torch.arange(-radius, radius + 1, device=sigma.device, dtype=sigma.dtype)
    weights = torch.exp(-(offset**2) / (2 * sigma[:, None] ** 2))
    weights = weights * (offset.abs() <= (_TRUNCATE * sigma[:, None] + 0.5).floor())
    return weights / weights.sum(1, keepdim=True)
