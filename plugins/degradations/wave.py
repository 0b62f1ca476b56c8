"""Wave: columns and rows swing like a reflection in water.

    x′ = x + A sin(2π y / λ + φ),   y′ = y + A sin(2π x′ / λ + ψ)

The degraded pixel at (x, y) shows the clean image at (x′, y′), interpolated bilinearly, with mirrored borders. Each of
the two steps moves pixels along one axis, by an amount that depends on the other alone. So each is undone by the
opposite shift, and the two, undone in turned order, are the exact inverse (but for what left the image, and for what
the interpolation has lost).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Graded, Range, graded, hookimpl, param

from ._sampling import positions, sampled


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Wave]


@dataclass(frozen=True)
class Wave(Graded):
    """Waves across and along the image, as in moving water.

    The truth has `amplitude` and `wavelength` (N,) in pixels, and the two `phase` (N,2) in radians.
    """

    name = "wave"
    amplitude: Range | None = graded(
        "largest shift, as a fraction of the shorter side", (0.008, 0.014, 0.022, 0.032, 0.045), low=0, high=1
    )
    wavelength: Range = param(Range(0.25, 0.5), "as a fraction of the shorter side", low=0.01, high=100)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        height, width = clean.shape[-2:]
        truth = {
            "amplitude": self.amounts(draw)["amplitude"] * min(height, width),
            "wavelength": draw.within(self.wavelength) * min(height, width),
            "phase": draw.uniform(0, 2 * math.pi, (2,)),
        }
        columns, rows = positions(height, width, clean.device)
        columns = columns + _swing(rows, truth, 0)
        return Degraded(sampled(clean, columns, rows + _swing(columns, truth, 1)), truth=truth)

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        height, width = degraded.shape[-2:]
        columns, rows = positions(height, width, degraded.device)
        across, down = self.flow(truth, height, width).unbind(1)
        return sampled(degraded, columns + across, rows + down)

    def flow(self, truth: Mapping[str, Tensor], height: int, width: int) -> Tensor:
        columns, rows = positions(height, width, truth["amplitude"].device)
        down = -_swing(columns, truth, 1).expand(-1, height, width)
        return torch.stack((-_swing(rows + down, truth, 0), down), 1)


def _swing(place: Tensor, truth: Mapping[str, Tensor], axis: int) -> Tensor:
    """The shifts at places (N,h,w) of the other axis, in pixels."""
    amplitude, wavelength = (truth[name].view(-1, 1, 1) for name in ("amplitude", "wavelength"))
    return amplitude * torch.sin(2 * math.pi * place / wavelength + truth["phase"][:, axis].view(-1, 1, 1))
