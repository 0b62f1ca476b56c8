"""Defocus: the lens spreads each point over a disc, its circle of confusion, and a sensor's noise comes after it.

    degraded = clean ∗ disc(radius) / πr² + noise·n

The disc's edge is a ramp one pixel wide, as pixels at the rim are covered in part. A Gaussian blur softens; a disc
doubles edges and turns highlights into discs ("bokeh"), and destroys whole rings of frequencies. Goodman,
"Introduction to Fourier Optics", 6.4 (geometrical limit); borders reflect about the outer pixels' edges.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Graded, Range, graded, hookimpl, param

from ._filters import correlate
from ._noise import SENSOR, with_noise


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Defocus]


@dataclass(frozen=True)
class Defocus(Graded):
    """Out of focus, as a lens is: each point becomes a disc.

    The truth has `radius` (N,) in pixels, the `kernel` (N,1,k,k) that the image was correlated with, and the standard
    deviation of the `noise` (N,).
    """

    name = "defocus"
    radius: Range | None = graded("radius of the disc", (1.2, 1.8, 2.7, 4, 6), low=0.1, high=32, unit="px")
    noise: Range = param(SENSOR, "standard deviation of the noise, in units of [0, 1]", low=0, high=1)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        radius = self.amounts(draw)["radius"]
        kernel = disc(radius, math.ceil(self.span("radius").high))
        images, noise = with_noise(correlate(clean, kernel), self.noise, draw)
        return Degraded(images, truth={"radius": radius, "kernel": kernel, "noise": noise})


def disc(radius: Tensor, reach: int) -> Tensor:
    """Kernels (N,1,k,k), k = 2·`reach` + 1: discs of `radius` (N,) in pixels; sum 1."""
    steps = torch.arange(-reach, reach + 1, device=radius.device, dtype=radius.dtype)
    distance = torch.sqrt(steps[:, None] ** 2 + steps**2)  # (k,k)
    kernel = (radius.view(-1, 1, 1) + 0.5 - distance).clamp(0, 1)
    return (kernel / kernel.sum((1, 2), keepdim=True))[:, None]
