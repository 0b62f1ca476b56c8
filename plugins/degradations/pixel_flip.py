"""Flipped pixels: each pixel takes, with a given probability, a random colour, uniform in [0, 1] for each channel.

This is random-valued impulse noise, with all channels of a pixel struck together (`skimage.util.random_noise` has its
two-valued kin, salt and pepper).
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Range, hookimpl, param


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [PixelFlip]


@dataclass(frozen=True)
class PixelFlip(Degradation):
    """Some pixels take random colours (random-valued impulse noise).

    The region has the pixels struck; the truth has their expected `fraction` (N,).
    """

    name = "pixel-flip"
    fraction: Range = param(Range(0.1, 0.1), "probability that a pixel is struck", low=0, high=1)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        fraction = draw.within(self.fraction)
        region = draw.uniform(shape=(1, *clean.shape[2:])) < fraction.view(-1, 1, 1, 1)
        colours = draw.uniform(shape=clean.shape[1:])
        # Sums and products are several times faster than a choice by mask.
        images = clean.mul_(~region).addcmul_(colours, region.to(clean.dtype))
        return Degraded(images, region, {"fraction": fraction})
