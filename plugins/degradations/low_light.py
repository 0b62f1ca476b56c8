"""Low light: too few photons, so the photograph is dark, and grainy where it is darkest.

    electrons = full well · 2^(−stops) · linear(clean)
    degraded  = gamma((electrons + √electrons·n₁ + read·n₂) / full well)

sRGB is undone first (IEC 61966-2-1), as photons are counted in linear light, and done again last: noise of the same
variance shows most in the shadows. √electrons·n₁ is photon noise in its normal approximation, read·n₂ the noise of the
amplifier (Foi et al. 2008, "Practical Poissonian-Gaussian noise modeling"; Brooks et al. 2019, arXiv 1811.11127). A sum
below zero counts as zero, as in a camera.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Graded, Range, graded, hookimpl, param


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [LowLight]


@dataclass(frozen=True)
class LowLight(Graded):
    """Underexposed, with the noise of few photons and of the sensor's electronics.

    The truth has the `stops` (N,) and the sensor's `full_well` and `read` (N,), in electrons.
    """

    name = "low-light"
    stops: Range | None = graded("underexposure: each stop halves the light", (0.7, 1.3, 2, 2.8, 3.6), low=0, high=10)
    full_well: Range = param(Range(400, 400), "electrons that are white", low=10, high=1e6, unit="e⁻")
    read: Range = param(Range(3, 3), "standard deviation of the amplifier's noise", low=0, high=1000, unit="e⁻")

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        stops, full_well, read = self.amounts(draw)["stops"], draw.within(self.full_well), draw.within(self.read)
        exposure = (full_well * torch.exp2(-stops)).view(-1, 1, 1, 1)
        electrons = linear(clean).mul_(exposure)
        deviation = (electrons + read.view(-1, 1, 1, 1) ** 2).sqrt_()  # of a sum of two normals
        electrons = electrons.addcmul_(deviation, draw.normal(clean.shape[1:])).div_(full_well.view(-1, 1, 1, 1))
        return Degraded(gamma(electrons.clamp_(0, 1)), truth={"stops": stops, "full_well": full_well, "read": read})


def linear(images: Tensor) -> Tensor:
    """sRGB in [0, 1] to linear light in [0, 1]."""
    return torch.where(images <= 0.04045, images / 12.92, ((images + 0.055) / 1.055) ** 2.4)


def gamma(light: Tensor) -> Tensor:
    """Linear light in [0, 1] to sRGB in [0, 1]."""
    return torch.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
