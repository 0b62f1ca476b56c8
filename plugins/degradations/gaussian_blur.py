"""Gaussian blur: correlation with exp(−(x² + y²) / 2σ²), normalised to sum 1, and a sensor's noise after it.

The kernel is cut off at 4σ, rounded to whole pixels, and the border reflects about the outer pixels' edges, so that the
result with `noise=0` is that of `scipy.ndimage.gaussian_filter` with its defaults (and of
`skimage.filters.gaussian(mode="reflect")`). Without noise a blur is all but undone by whoever knows its kernel; no
photograph is without.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Graded, Range, graded, hookimpl, param

from ._filters import filter_axis
from ._noise import SENSOR, with_noise

_TRUNCATE = 4.0


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [GaussianBlur]


@dataclass(frozen=True)
class GaussianBlur(Graded):
    """Gaussian blur: softly out of focus.

    The truth has `sigma` (N,) in pixels, the `kernel` (N,1,k,k) that the image was correlated with, and the standard
    deviation of the `noise` (N,).
    """

    name = "gaussian-blur"
    sigma: Range | None = graded("standard deviation", (0.9, 1.4, 2, 2.8, 4), low=0.1, high=32, unit="px")
    noise: Range = param(SENSOR, "standard deviation of the noise, in units of [0, 1]", low=0, high=1)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        sigma = self.amounts(draw)["sigma"]
        weights = gaussian(sigma, _radius(self.span("sigma").high))
        kernel = weights[:, None, :, None] * weights[:, None, None, :]  # (N,1,k,k)
        images, noise = with_noise(filter_axis(filter_axis(clean, weights, 2), weights, 3), self.noise, draw)
        return Degraded(images, truth={"sigma": sigma, "kernel": kernel, "noise": noise})


def _radius(sigma: float) -> int:
    return int(_TRUNCATE * sigma + 0.5)


def gaussian(sigma: Tensor, radius: int) -> Tensor:
    """Kernels (N, 2·radius+1) for standard deviations `sigma` (N,) in pixels, each zero beyond its own 4σ, sum 1."""
    offset = torch.arange(-radius, radius + 1, device=sigma.device, dtype=sigma.dtype)
    weights = torch.exp(-(offset**2) / (2 * sigma[:, None] ** 2))
    weights = weights * (offset.abs() <= (_TRUNCATE * sigma[:, None] + 0.5).floor())
    return weights / weights.sum(1, keepdim=True)
