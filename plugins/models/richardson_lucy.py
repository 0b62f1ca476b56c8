"""Richardson–Lucy deconvolution with the true kernel: the most likely image under Poisson noise, iterated.

    x ← x · Kᵀ( y / K x ) / Kᵀ 1        K: the blur

Richardson 1972, JOSA 62; Lucy 1974, AJ 79. As `skimage.restoration.richardson_lucy`, for a batch of images with a
kernel each, and without its dark borders: what lies outside of the image is sought, too (Bertero & Boccacci 2005, A&A
437). Each iteration sharpens, and amplifies noise; so an image is ready as soon as K x is as near to y as the noise
allows (Morozov's discrepancy principle).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from benchbench import Model, Recipe, Task, hookimpl, param

from ._deconvolution import Blur, confined, no_kernel, noise_variance

LEAST = 1e-6
"""Keeps black pixels from a division by zero; far below one level of 8 bits."""

LEAST_LIGHT = 1e-3
"""Keeps from exploding what the image hardly shows."""


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [RichardsonLucy]


@dataclass(frozen=True)
class RichardsonLucy(Model):
    """Richardson–Lucy deconvolution, told the kernel of the blur."""

    name = "richardson-lucy"
    recipe: ClassVar[Recipe | None] = None
    sees: ClassVar[tuple[str, ...]] = ("region", "truth")

    iterations: int = param(100, "iterations at most", low=1, high=1000)

    def build(self, task: Task) -> nn.Module:
        return Iteration(self.iterations)

    def unavailable(self, task: Task) -> str | None:
        return no_kernel(task)


class Iteration(nn.Module):
    """Degraded images and `truth["kernel"]` `(N, 1, h, w)` to restored ones."""

    def __init__(self, iterations: int) -> None:
        super().__init__()
        self.iterations = iterations

    def forward(self, degraded: Tensor, region: Tensor | None, truth: Mapping[str, Tensor]) -> Tensor:
        height, width = degraded.shape[-2:]
        blur = Blur(truth["kernel"], height, width, region)
        restored = blur.cut(self.deconvolve(degraded, blur, noise_variance(degraded, truth)))
        return confined(restored, degraded, region)

    def deconvolve(self, images: Tensor, blur: Blur, variance: Tensor | float = 0.0) -> Tensor:
        """The scenes behind images `(N, C, H, W)` whose noise has this variance, `(N, 1, 1, 1)`."""
        scene = torch.full_like(blur.scene(images), 0.5)
        light = blur.transposed(torch.ones_like(images)).clamp(min=LEAST_LIGHT)
        for _ in range(self.iterations):
            factor = blur.transposed(images / blur(scene).clamp_min(LEAST)).clamp_min(0) / light
            scene = torch.where(blur.misfit(scene, images) > variance, scene * factor, scene)
        return scene
