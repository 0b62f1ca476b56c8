"""Pinch: the middle is pulled together, or with a negative strength bulges.

    ρ′ = ρ · exp(strength · (1 − (ρ / radius)²)²)   for ρ < radius

The degraded pixel at the distance ρ from the centre shows the clean image at ρ′ in the same direction, interpolated
bilinearly, with mirrored borders. At the rim it joins what lies outside without a step or a kink. A centre that is
pinched with strength 0.7 is half as large. Of image editors' pinch (as in GIMP's "whirl and pinch") this is a form that
grows with ρ for every strength between −1 and 1, so that it has an inverse: Newton's method finds it, to a hundredth of
a pixel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Graded, Range, graded, hookimpl, param

from ._sampling import positions, sampled

STEPS = 12


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Pinch]


@dataclass(frozen=True)
class Pinch(Graded):
    """The face pinched together about a centre, or bulging from it.

    The region is the disc ρ < radius. The truth has `strength` (N,), `radius` (N,) in pixels and `centre` (N,2), the
    column and row in pixels.
    """

    name = "pinch"
    strength: Range | None = graded(
        "how far; below zero it bulges", (0.15, 0.28, 0.43, 0.62, 0.85), low=-0.95, high=0.95
    )
    radius: Range = param(Range(0.4, 0.5), "where it ends, as a fraction of the shorter side", low=0.01, high=10)
    centre_x: Range = param(Range(0.4, 0.6), "column of the centre, as a fraction of the width", low=0, high=1)
    centre_y: Range = param(Range(0.4, 0.6), "row of the centre, as a fraction of the height", low=0, high=1)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        height, width = clean.shape[-2:]
        truth = {
            "strength": self.amounts(draw)["strength"],
            "radius": draw.within(self.radius) * min(height, width),
            "centre": torch.stack((draw.within(self.centre_x) * width, draw.within(self.centre_y) * height), 1),
        }
        dx, dy, squared = _polar(truth, height, width)
        factor = torch.exp(truth["strength"].view(-1, 1, 1) * (1 - squared).clamp(min=0) ** 2)
        return Degraded(_moved(clean, dx, dy, factor - 1), (squared < 1)[:, None], truth)

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        dx, dy, squared = _polar(truth, *degraded.shape[-2:])
        return _moved(degraded, dx, dy, _undone(squared, truth["strength"].view(-1, 1, 1)))

    def flow(self, truth: Mapping[str, Tensor], height: int, width: int) -> Tensor:
        dx, dy, squared = _polar(truth, height, width)
        more = _undone(squared, truth["strength"].view(-1, 1, 1))
        return torch.stack((dx * more, dy * more), 1)


def _polar(truth: Mapping[str, Tensor], height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Offsets (N,1,w), (N,h,1) from the centre, and the squared distance (N,h,w) in units of the radius."""
    columns, rows = positions(height, width, truth["centre"].device)
    dx, dy = columns - truth["centre"][:, :1, None], rows - truth["centre"][:, 1:, None]
    return dx, dy, (dx**2 + dy**2) / truth["radius"].view(-1, 1, 1) ** 2


def _moved(images: Tensor, dx: Tensor, dy: Tensor, more: Tensor) -> Tensor:
    """Images that show at each pixel what lies `more` (N,h,w) times its offset from the centre farther out."""
    height, width = images.shape[-2:]
    columns, rows = positions(height, width, images.device)
    return sampled(images, columns + dx * more, rows + dy * more)


def _undone(squared: Tensor, strength: Tensor) -> Tensor:
    """By how much of itself ρ′ (N,h,w; squared, in units of the radius) must grow to be ρ.

    With t = ln(ρ²) solves t + 2·strength·(1 − eᵗ)² = ln(ρ′²), the left side of which rises everywhere.
    """
    goal = squared.clamp(1e-12, 1).log()
    t = (goal - 2 * strength.clamp(min=0) * (1 - goal.exp()) ** 2).clone()
    for _ in range(STEPS):
        inside = 1 - t.exp()
        t = (t - (t + 2 * strength * inside**2 - goal) / (1 - 4 * strength * inside * t.exp())).clamp(max=0)
    return ((t - goal) / 2).exp() - 1
