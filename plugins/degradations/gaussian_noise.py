"""Additive Gaussian noise: degraded = clean + σ·n with n from N(0, 1), for each pixel and channel independently.

The sum is not clipped here: the harness clamps it to [0, 1] and rounds it to 8 bits, as a camera would.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Range, hookimpl, param


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [GaussianNoise]


@dataclass(frozen=True)
class GaussianNoise(Degradation):
    """Additive white Gaussian noise."""

    name = "gaussian-noise"
    sigma: Range = param(Range(0.1, 0.1), "standard deviation, in units of the full range [0, 1]", low=0, high=10)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        sigma = draw.within(self.sigma)
        noise = draw.normal(clean.shape[1:])
        return Degraded(clean.addcmul_(noise, sigma.view(-1, 1, 1, 1)), truth={"sigma": sigma})
