"""What photographs go through before anybody restores them: blurred, scaled, noisy, compressed, and all that again.

A second-order chain after Real-ESRGAN (Wang et al. 2021, arXiv 2107.10833), with the shuffled order of BSRGAN (Zhang
et al. 2021, arXiv 2103.14006) and the one-image parts of GFPGAN's training recipe (Wang et al. 2021, arXiv 2101.04061):

    first   80 % blur, resizing, noise, 70 % JPEG, in an order drawn for each image
    second  with 50 %: 60 % blur, 80 % resizing, 80 % noise, in an order drawn for each image; each milder
    last    JPEG

Blurs are Gaussian, isotropic (45 %) or not, in any direction; resizing is by area, bilinear or bicubic, down by one and
up by another; noise is Gaussian or of photons, each in colour (60 %) or grey. Lengths are of portraits of 64 to 256 px:
the papers' are of 512. Nothing of what was drawn is told: the task is blind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from PIL import features
from torch import Tensor

from benchbench import (
    Chain,
    Degradation,
    Degraded,
    Draw,
    Graded,
    Range,
    Shuffled,
    Sometimes,
    graded,
    hookimpl,
)

from ._files import recoded
from ._filters import correlate
from ._resampling import FILTERS, resampling

ISOTROPIC, GREY, PHOTONS = 0.45, 0.4, 0.5
SECOND = 0.6
"""How strong the second round is, beside the first."""
NOTHING = 1e-20
"""Weights up to here are zero: no sum shows them, and subnormal numbers take tens of times as long."""


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Real]


@dataclass(frozen=True)
class Real(Graded):
    """Photographs from the wild: blur, resizing, noise and JPEG, twice, in changing order, by chance."""

    name = "real"

    def version(self) -> str:
        return f"jpg {features.version('jpg')}"  # another libjpeg may write other bytes

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        """Raises TrialError for images of neither one nor three channels."""
        severity = self.severity
        first = Shuffled(
            (
                Sometimes((_Blur(severity=severity),), probability=0.8),
                _Resizing(severity=severity),
                _Noise(severity=severity),
                Sometimes((_Jpeg(severity=severity),), probability=0.7),
            )
        )
        again = Shuffled(
            (
                Sometimes((_Blur(scale=SECOND, severity=severity),), probability=0.6),
                Sometimes((_Resizing(scale=SECOND, severity=severity),), probability=0.8),
                Sometimes((_Noise(scale=SECOND, severity=severity),), probability=0.8),
            )
        )
        whole = Chain((first, Sometimes((again,), probability=0.5), _Jpeg(severity=severity)))
        return Degraded(whole.apply(clean, draw).images)


@dataclass(frozen=True)
class _Blur(Graded):
    """A Gaussian with two axes of their own lengths, in any direction."""

    name = "blur"
    scale: float = 1.0
    sigma: Range | None = graded("longer axis, in pixels", ((0.2, 0.8), (0.3, 1.2), (0.5, 1.8), (0.8, 2.5), (1.2, 3.5)))

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        sigma, high = self.amounts(draw)["sigma"] * self.scale, self.span("sigma").high * self.scale
        ratio = torch.where(draw.uniform() < ISOTROPIC, 1, draw.uniform(0.3, 1))
        reach = math.ceil(3 * high)
        return Degraded(correlate(clean, ellipse(sigma, sigma * ratio, draw.uniform(0, math.pi), reach)))


def ellipse(long: Tensor, short: Tensor, angle: Tensor, reach: int) -> Tensor:
    """Kernels (N,1,k,k), k = 2·`reach` + 1: Gaussians with axes (N,) in pixels, turned by `angle` (N,); sum 1."""
    steps = torch.arange(-reach, reach + 1, device=long.device, dtype=long.dtype)
    sine, cosine = angle.sin().view(-1, 1, 1), angle.cos().view(-1, 1, 1)
    along, aside = steps * cosine + steps[:, None] * sine, steps[:, None] * cosine - steps * sine
    weights = torch.exp(-0.5 * ((along / long.view(-1, 1, 1)) ** 2 + (aside / short.view(-1, 1, 1)) ** 2))
    weights = weights * (weights > NOTHING)
    return (weights / weights.sum((1, 2), keepdim=True))[:, None]


@dataclass(frozen=True)
class _Resizing(Graded):
    """Smaller by one method, back to its size by another."""

    name = "resizing"
    scale: float = 1.0
    factor: Range | None = graded("times smaller", ((1, 1.5), (1, 2), (1.2, 2.8), (1.6, 3.8), (2.2, 5)))

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        factor = 1 + (self.amounts(draw)["factor"] - 1) * self.scale
        down, up = (draw.uniform(0, kinds).long() for kinds in (len(FILTERS), len(FILTERS) - 1))
        height, width = clean.shape[-2:]
        column = there_and_back(width, factor, down, up + 1)
        row = column if height == width else there_and_back(height, factor, down, up + 1)
        return Degraded(row[:, None] @ clean @ column.mT[:, None])


def there_and_back(side: int, factor: Tensor, down: Tensor, up: Tensor) -> Tensor:
    """Matrices (N,side,side) that make a line `factor` (N,) times shorter by one method, and longer by another."""
    whole = torch.full_like(factor, side)
    small = (side / factor).round().clamp(min=1)
    return resampling(small, whole, up, (side, side)) @ resampling(whole, small, down, (side, side))


@dataclass(frozen=True)
class _Noise(Graded):
    """Gaussian noise, or that of photons in its normal approximation; in colour, or grey."""

    name = "noise"
    scale: float = 1.0
    sigma: Range | None = graded(
        "standard deviation at white", ((0.004, 0.02), (0.01, 0.04), (0.02, 0.07), (0.04, 0.1), (0.06, 0.14))
    )

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        sigma = self.amounts(draw)["sigma"] * self.scale
        photons, grey = ((draw.uniform() < part).view(-1, 1, 1, 1) for part in (PHOTONS, GREY))
        colour = draw.normal(clean.shape[1:])
        deviation = torch.where(photons, clean.clamp(min=0).sqrt(), 1) * sigma.view(-1, 1, 1, 1)
        return Degraded(clean + deviation * torch.where(grey, colour[:, :1], colour))


@dataclass(frozen=True)
class _Jpeg(Graded):
    """A JPEG file."""

    name = "jpeg"
    quality: Range | None = graded("libjpeg's", ((70, 95), (50, 80), (30, 60), (18, 40), (8, 22)))

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return Degraded(recoded(clean, self.amounts(draw)["quality"].round(), "JPEG"))
