"""Degradations of kornia, with every random number taken from benchbench's draw: an elastic warp and a gamma curve."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata

from kornia.enhance import adjust_gamma
from kornia.geometry.transform import elastic_transform2d
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Range, hookimpl, param


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Elastic, Gamma]


class Kornia(Degradation):
    def version(self) -> str:  # another kornia may give other images
        return f"kornia {metadata.version('kornia')}"


@dataclass(frozen=True)
class Elastic(Kornia):
    """Elastic warp: a random displacement of each pixel, smoothed (Simard et al. 2003)."""

    name = "kornia-elastic"
    strength: Range = param(Range(1, 3), "displacements before smoothing, in half image widths", low=0, high=10)
    sigma: float = param(4.0, "standard deviation of the smoothing", low=0.5, high=32, unit="px")

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        noise = draw.uniform(-1, 1, (2, *clean.shape[2:])) * draw.within(self.strength).view(-1, 1, 1, 1)
        window, sigma = 2 * round(4 * self.sigma) + 1, (self.sigma, self.sigma)
        return Degraded(elastic_transform2d(clean, noise, (window, window), sigma, padding_mode="reflection"))


@dataclass(frozen=True)
class Gamma(Kornia):
    """Gamma curve, as of a wrong exposure: each image is raised to a power of its own, which its oracle undoes."""

    name = "kornia-gamma"
    gamma: Range = param(Range(1.5, 3), "exponent; above 1 darkens", low=0.1, high=10)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        gamma = draw.within(self.gamma)
        return Degraded(adjust_gamma(clean, gamma), truth={"gamma": gamma})

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        return adjust_gamma(degraded, 1 / truth["gamma"])
