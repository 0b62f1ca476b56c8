"""Unswirling by the swirl's parameters: find strength and radius, then apply the analytic inverse.

A swirl turns each circle about its centre by an angle θ(ρ) of its radius. In polar coordinates (ρ, φ) that is a shift
of each row. Neighbouring circles of a face look alike, so the shift between them can be seen in their correlation:

    score(strength, radius) = Σ w(i, j) · corr(ring i, ring j; shift θ(ρᵢ) − θ(ρⱼ))        j − i = 1, 2, 3, 4

The correlations of all shifts come from one Fourier transform a ring, so that thousands of candidates cost little. A
small network learns what to correlate (features of each ring, by convolutions around the circle) and how much each
pair of rings counts. It descends the cross-entropy between softmax(score) over random candidates and a target that
falls with the error in pixels that a candidate would leave. At test time the best candidate of a grid is refined in
ever smaller neighbourhoods, which looks at nothing but the degraded image.

It knows the ranges that the degradation draws from, and needs a fixed centre and rotation. Untrained, with raw pixels
as features and equal weights, it already is a usable estimator.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from benchbench import Batch, Model, Range, Recipe, Task, hookimpl, param

from ._polar import PairScores, Polar, RingFeatures

FADE = 5 / math.log(2)  # of scikit-image's swirl: θ(ρ) = strength · exp(−FADE · ρ / radius)
TOLERANCE = 0.5  # px, error that the training target forgives


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [SwirlParams]


@dataclass(frozen=True)
class SwirlParams(Model):
    """Estimates strength and radius of a swirl from ring correlations, and inverts it."""

    name = "swirl-params"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=30, batch=16, lr=3e-3, clip=1.0)

    features: int = param(12, "learned features of a ring's point", low=1, high=256)
    grid: int = param(64, "candidates along each parameter's range at test time", low=2, high=512)

    def build(self, task: Task) -> nn.Module:
        return Unswirl(task, self.features, self.grid)

    def unavailable(self, task: Task) -> str | None:
        degradation: Any = task.degradation
        if degradation.name != "swirl" or not degradation.has_oracle:
            return "finds the parameters of a swirl of the whole image, and of nothing else"
        moving = [name for name in ("rotation", "centre_x", "centre_y") if _half(getattr(degradation, name)) > 0]
        return f"needs a swirl of fixed {', '.join(moving)}" if moving else None

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        if not isinstance(module, Unswirl):
            raise TypeError(f"{self.name} trains the module that it builds, not a {type(module).__name__}")
        with torch.autocast(batch.degraded.device.type, enabled=False):  # Fourier transforms need float32
            truth = torch.stack([batch.truth["strength"], batch.truth["radius"]], 1)  # (N, 2)
            candidates = module.around(truth)
            target = (-module.errors(candidates, truth) / (2 * TOLERANCE**2)).softmax(1)
            scores = module.scores(module.correlations(batch.degraded), candidates)
            return -(target * scores.log_softmax(1)).sum(1).mean()


def _half(span: Range) -> float:
    return (span.high - span.low) / 2


class Unswirl(nn.Module):
    """Degraded images to unswirled ones. Candidates are `(N, K, 2)`: strength in radians, radius in pixels."""

    middle: Tensor
    extent: Tensor

    def __init__(self, task: Task, features: int, grid: int) -> None:
        super().__init__()
        swirl: Any = task.degradation
        spans, side = (swirl.strength, swirl.radius), task.size
        scale = torch.tensor([1.0, side])
        self.register_buffer("middle", scale * torch.tensor([(s.low + s.high) / 2 for s in spans]), persistent=False)
        self.register_buffer("extent", scale * torch.tensor([_half(s) for s in spans]), persistent=False)
        self.degradation, self.grid, self.rotation = task.degradation, grid, swirl.rotation.low
        self.centre = swirl.centre_x.low * side, swirl.centre_y.low * side
        self.polar = Polar(self.centre, side)
        self.features = RingFeatures(task.channels, features)
        self.pairs = PairScores(task.channels + features, len(self.polar.radii))

    def forward(self, degraded: Tensor) -> Tensor:
        with torch.autocast(degraded.device.type, enabled=False):
            strength, radius = self.estimate(degraded.float()).unbind(1)
            truth = {
                "strength": strength,
                "radius": radius,
                "rotation": torch.full_like(strength, self.rotation),
                "centre": strength.new_tensor(self.centre).expand(len(strength), 2),
            }
            return self.degradation.invert(degraded.float(), truth)

    @torch.no_grad()
    def estimate(self, degraded: Tensor) -> Tensor:
        """Strength and radius `(N, 2)`: the best of a grid, then of three ever finer ones about it."""
        correlations = self.correlations(degraded)
        line = torch.linspace(-1, 1, self.grid, device=degraded.device)
        best = self._best(correlations, self.middle.expand(len(degraded), 2), self.extent, line)
        reach = self.extent * 2 / (self.grid - 1)
        line = torch.linspace(-1, 1, 17, device=degraded.device)
        for _ in range(3):
            best = self._best(correlations, best, reach, line)
            reach = reach / 4
        return best

    def _best(self, correlations: Tensor, about: Tensor, reach: Tensor, line: Tensor) -> Tensor:
        steps = torch.cartesian_prod(line, line) * reach  # (K, 2)
        candidates = self.within(about[:, None] + steps)
        chosen = self.scores(correlations, candidates).argmax(1)
        return candidates[torch.arange(len(about), device=about.device), chosen]

    def correlations(self, degraded: Tensor) -> Tensor:
        """Of each pair of rings, at all shifts around the circle: `(N, pairs, angles)`."""
        return self.pairs(self.features(self.polar(degraded)))

    def angles(self, candidates: Tensor) -> Tensor:
        """θ of each ring: `(N, rings, K)`."""
        strength, radius = candidates.transpose(1, 2).split(1, dim=1)  # (N, 1, K) each
        return strength * (-FADE * self.polar.radii[:, None] / radius).exp()

    def scores(self, correlations: Tensor, candidates: Tensor) -> Tensor:
        """Score of each candidate: `(N, K)`."""
        return self.pairs.at(correlations, self.angles(candidates))

    def errors(self, candidates: Tensor, truth: Tensor) -> Tensor:
        """Mean squared displacement in px² that each candidate would leave in the disc of the rings: `(N, K)`."""
        radii = self.polar.radii[:, None]
        chord = 2 * radii * ((self.angles(candidates) - self.angles(truth[:, None])) / 2).sin()
        return (chord.square() * radii).sum(1) / radii.sum()

    def around(self, truth: Tensor) -> Tensor:
        """Random candidates, half of them all over the range, half near the truth at all scales: `(N, 512, 2)`."""
        n, count = len(truth), 256
        far = 2 * torch.rand((n, count, 2), device=truth.device) - 1
        scale = 10 ** (-2.5 * torch.rand((n, count, 1), device=truth.device))
        near = truth[:, None] + self.extent * scale * torch.randn((n, count, 2), device=truth.device)
        return self.within(torch.cat([self.middle + self.extent * far, near], 1))

    def within(self, candidates: Tensor) -> Tensor:
        """Candidates moved into the ranges that the degradation draws from."""
        return torch.minimum(torch.maximum(candidates, self.middle - self.extent), self.middle + self.extent)
