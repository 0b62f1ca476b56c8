"""Non-local means: each pixel becomes a mean of pixels whose surroundings look alike (scikit-image).

Buades, Coll & Morel 2005, CVPR; the fast version of Darbon et al. 2008. The noise's standard deviation is estimated
from each image (Immerkær 1996, CVIU 64): the mean of |image ∗ M| √(π/2) / 6, where M, the difference of two
Laplacians, is blind to anything that varies slowly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from torch import nn

from benchbench import Model, Recipe, Task, hookimpl, param

from ._classical import OnImages

LEAST_NOISE = 1 / 255
"""Below one level of 8 bits there is nothing to remove, and a strength of zero would divide by zero."""


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [NonLocalMeans]


@dataclass(frozen=True)
class NonLocalMeans(Model):
    """Non-local means denoising, its strength set by the noise it estimates."""

    name = "non-local-means"
    recipe: ClassVar[Recipe | None] = None

    strength: float = param(0.6, "cut-off of likeness, in standard deviations of the noise", low=0.01, high=10)
    patch: int = param(5, "side of the patches compared", low=1, high=21, unit="px")
    distance: int = param(6, "how far to look for alike patches", low=1, high=32, unit="px")

    def build(self, task: Task) -> nn.Module:
        return OnImages(partial(denoise, strength=self.strength, patch=self.patch, distance=self.distance))


def denoise(image: np.ndarray, strength: float, patch: int, distance: int) -> np.ndarray:
    from skimage.restoration import denoise_nl_means

    sigma = max(noise_of(image), LEAST_NOISE)
    return denoise_nl_means(image, patch, distance, h=strength * sigma, sigma=sigma, channel_axis=0)


def noise_of(image: np.ndarray) -> float:
    """The estimated standard deviation of white noise in an image `(C, H, W)`; 0 for one under 3 pixels a side."""
    kernel = np.array([1, -2, 1], dtype=image.dtype)
    for axis in (-1, -2):  # M is the outer product of (1, -2, 1) with itself
        image = np.apply_along_axis(np.convolve, axis, image, kernel, "valid")
    return float(np.sqrt(np.pi / 2) / 6 * np.abs(image).mean()) if image.size else 0.0
