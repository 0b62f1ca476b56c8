"""Speckle: noise that grows with the light, degraded = clean + clean·σ·n, n from N(0, 1) at each pixel and channel.

As `skimage.util.random_noise(mode="speckle")`, and of the same family as the corruption of that name in Hendrycks &
Dietterich 2019 (arXiv 1903.12261). Black stays black, and bright skin turns to grit: radar, ultrasound and prints have
it. The sum is not clipped here: the harness clamps it to [0, 1] and rounds it to 8 bits.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Graded, Range, graded, hookimpl


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Speckle]


@dataclass(frozen=True)
class Speckle(Graded):
    """Multiplicative noise: the brighter, the noisier.

    The truth has `sigma` (N,).
    """

    name = "speckle"
    sigma: Range | None = graded(
        "standard deviation, as a fraction of the light", (0.05, 0.1, 0.17, 0.27, 0.4), low=0, high=10
    )

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        sigma = self.amounts(draw)["sigma"]
        noise = draw.normal(clean.shape[1:]).mul_(sigma.view(-1, 1, 1, 1))
        return Degraded(clean.addcmul(clean, noise), truth={"sigma": sigma})
