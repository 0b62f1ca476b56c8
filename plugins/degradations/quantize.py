"""Quantisation: each value is rounded to the nearest of L evenly spaced levels, 0 and 1 among them.

    degraded = round(clean · (L − 1)) / (L − 1)

for each channel by itself, without dithering (uniform scalar quantisation). The histogram gets spikes and gaps, smooth
shades become flat patches.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Range, hookimpl, param

from ._integers import integers


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Quantize]


@dataclass(frozen=True)
class Quantize(Degradation):
    """Few intensity levels for each channel (posterisation)."""

    name = "quantize"
    levels: Range = param(Range(8, 8), "levels of each channel, a whole number", low=2, high=256)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        levels = integers(draw, self.levels)
        steps = levels.view(-1, 1, 1, 1) - 1
        return Degraded(clean.mul_(steps).round_().div_(steps), truth={"levels": levels})
