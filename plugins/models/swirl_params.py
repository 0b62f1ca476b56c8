"""Unswirling by the swirl's parameters: find strength and radius, then apply the analytic inverse.

A swirl turns each circle about its centre by an angle θ(ρ) of its radius. In polar coordinates (ρ, φ) that is a shift
of each row. Neighbouring circles of a face look alike, so the shift between them can be seen in their correlation:

    score(strength, radius) = Σ w(i, j) · corr(ring i, ring j; shift θ(ρᵢ) − θ(ρⱼ))        j − i = 1, 2, 3, 4

The correlations of all shifts come from one Fourier transform a ring, so that thousands of candidates cost little. A
small network learns what to correlate (features of each ring, by convolutions around the circle) and how much each
pair of rings counts. It descends the cross-entropy between softmax(score) over random candidates and a target that
falls with the error in pixels that a candidate would leave. At test time the best candidate of a grid is refined in
ever smaller neighbourhoods, and then corrected by what a second network sees in the rings as turned back
(`_correction.py`). All of it looks at nothing but the degraded image.

It knows the ranges that the degradation draws from. Where the centre has a range too, a network of its own learns to
see it (`_heatmap.py`): the rings would choose another one, at which they happen to be more alike. About a known centre
it already is a usable estimator untrained, with raw pixels as features and equal weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchbench import Batch, Model, Recipe, Task, hookimpl, param

from ._boxes import Box
from ._correction import Correction
from ._heatmap import Heatmap
from ._polar import PairScores, Polar, RingFeatures

FADE = 5 / math.log(2)  # of scikit-image's swirl: θ(ρ) = strength · exp(−FADE · ρ / radius)
TOLERANCE = 0.5  # px, error that the training target forgives
SMALL = 0.02  # px²: below it, errors weigh as squares


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [SwirlParams]


@dataclass(frozen=True)
class SwirlParams(Model):
    """Estimates strength, radius and centre of a swirl from ring correlations, and inverts it."""

    name = "swirl-params"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=30, batch=16, lr=3e-3, clip=1.0)

    width: int = param(32, "channels of the network that finds features of the rings", low=1, high=512)
    features: int = param(12, "features by which rings are compared", low=1, high=256)
    grid: int = param(64, "candidates along each parameter's range at test time", low=2, high=512)

    def build(self, task: Task) -> nn.Module:
        return Unswirl(task, self.width, self.features, self.grid)

    def unavailable(self, task: Task) -> str | None:
        degradation: Any = task.degradation
        if degradation.name != "swirl" or not degradation.has_oracle:
            return "finds the parameters of a swirl of the whole image, and of nothing else"
        rotation = degradation.rotation
        return None if rotation.low == rotation.high else "cannot see by how much all of the image was turned besides"

    def flow(self, module: nn.Module, degraded: Tensor, **side: Any) -> Tensor:
        unswirl = _unswirl(self, module)
        return unswirl.degradation.flow(unswirl.parameters_of(degraded), *degraded.shape[-2:])

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        module = _unswirl(self, module)
        rings = module.rings(batch.degraded, batch.truth["centre"])
        with torch.autocast(rings.device.type, enabled=False):  # Fourier transforms need float32
            truth = torch.stack([batch.truth["strength"], batch.truth["radius"]], 1)  # (N, 2)
            candidates = module.around(truth)
            target = (-module.errors(candidates, truth) / (2 * TOLERANCE**2)).log_softmax(1)
            scores = module.scores(rings, candidates)
            loss = F.kl_div(scores.log_softmax(1), target, log_target=True, reduction="batchmean")
            found = chosen(candidates, scores.argmax(1))
            loss = loss + module.left_by_correction(batch.degraded, batch.truth["centre"], found, truth)
        return loss if module.centre is None else loss + module.centre.loss(batch.degraded, batch.truth["centre"])


def _unswirl(model: SwirlParams, module: nn.Module) -> Unswirl:
    if not isinstance(module, Unswirl):
        raise TypeError(f"{model.name} works with the module that it builds, not with a {type(module).__name__}")
    return module


class Unswirl(nn.Module):
    """Degraded images to unswirled ones. Candidates are `(N, K, 2)`: strength in radians, radius in pixels."""

    def __init__(self, task: Task, width: int, features: int, grid: int) -> None:
        super().__init__()
        swirl: Any = task.degradation
        self.degradation, self.grid, self.rotation = task.degradation, grid, swirl.rotation.low
        self.shape = Box((swirl.strength, swirl.radius), (1.0, task.size))
        self.place = Box((swirl.centre_x, swirl.centre_y), (task.size, task.size))
        self.centre = Heatmap(task.channels) if self.place.extent.any() else None
        self.polar = Polar(task.size)
        self.features = RingFeatures(task.channels, width, features)
        self.pairs = PairScores(task.channels + features, len(self.polar.radii))
        self.correction = Correction(task.channels)

    def forward(self, degraded: Tensor) -> Tensor:
        with torch.autocast(degraded.device.type, enabled=False):
            degraded = degraded.float()
            return self.degradation.invert(degraded, self.parameters_of(degraded))

    def parameters_of(self, degraded: Tensor) -> dict[str, Tensor]:
        """The swirl's parameters as estimated, named as the degradation's truth is."""
        found, centre = self.estimate(degraded)
        strength, radius = found.unbind(1)
        rotation = torch.full_like(strength, self.rotation)
        return {"strength": strength, "radius": radius, "rotation": rotation, "centre": centre}

    @torch.no_grad()
    def estimate(self, degraded: Tensor) -> tuple[Tensor, Tensor]:
        """Strength and radius `(N, 2)`, and the centre `(N, 2)`."""
        centre, found = (box.middle.expand(len(degraded), 2) for box in (self.place, self.shape))
        if self.centre is not None:
            centre = self.place.clamp(self.centre.place(degraded))
        rings = self.rings(degraded, centre)
        for reach, count in self.shape.levels(self.grid, 17, rounds=2):
            candidates = self.shape.grid(found, reach, count)
            found = chosen(candidates, self.scores(rings, candidates).argmax(1))
        return self.corrected(degraded, centre, found), centre

    def corrected(self, degraded: Tensor, centre: Tensor, found: Tensor) -> Tensor:
        """Strength and radius `(N, 2)` after a step of the correction; its gradient is that of the step."""
        rings = self.polar(degraded, centre, self.angles(found[:, None])[..., 0])
        moved = found + self.correction(rings, self.shape.inside(found)) * self.shape.extent
        return moved + (self.shape.clamp(moved) - moved).detach()

    def left_by_correction(self, degraded: Tensor, centre: Tensor, found: Tensor, truth: Tensor) -> Tensor:
        """Mean displacement in px that is left of each estimate, which no gradient changes, once it is corrected."""
        after = self.corrected(degraded, centre, found)
        return (self.errors(after[:, None], truth) + SMALL).sqrt().mean()

    def rings(self, degraded: Tensor, centre: Tensor) -> Tensor:
        """Features of the rings about the centres: `(N, F, rings, angles)`."""
        return self.features(self.polar(degraded, centre))

    def angles(self, candidates: Tensor) -> Tensor:
        """θ of each ring: `(N, rings, K)`."""
        strength, radius = candidates.transpose(1, 2).split(1, dim=1)  # (N, 1, K) each
        return strength * (-FADE * self.polar.radii[:, None] / radius).exp()

    def scores(self, rings: Tensor, candidates: Tensor) -> Tensor:
        """Score of each candidate: `(N, K)`."""
        return self.pairs.at(self.pairs(rings), self.angles(candidates))

    def errors(self, candidates: Tensor, truth: Tensor) -> Tensor:
        """Mean squared displacement in px² that each candidate would leave in the disc of the rings: `(N, K)`."""
        radii = self.polar.radii[:, None]
        chord = 2 * radii * ((self.angles(candidates) - self.angles(truth[:, None])) / 2).sin()
        return (chord.square() * radii).sum(1) / radii.sum()

    def around(self, truth: Tensor) -> Tensor:
        """Random candidates, half of them all over the range, half near the truth at all scales: `(N, 384, 2)`."""
        n, count = len(truth), 192
        far = 2 * torch.rand((n, count, 2), device=truth.device) - 1
        scale = 10 ** (-2.5 * torch.rand((n, count, 1), device=truth.device))
        near = truth[:, None] + self.shape.extent * scale * torch.randn((n, count, 2), device=truth.device)
        return self.shape.clamp(torch.cat([self.shape.middle + self.shape.extent * far, near], 1))


def chosen(candidates: Tensor, index: Tensor) -> Tensor:
    """One of `(N, K, 2)` for each image."""
    return candidates[torch.arange(len(candidates), device=candidates.device), index]
