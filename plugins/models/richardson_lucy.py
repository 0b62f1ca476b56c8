"""Richardson–Lucy deconvolution with the true kernel: the most likely image under Poisson noise, iterated.

    x ← x · Kᵀ( y / K x )        K: the blur

Richardson 1972, JOSA 62; Lucy 1974, AJ 79. As `skimage.restoration.richardson_lucy`, for a batch of images with a
kernel each and reflecting borders. Each iteration sharpens, and amplifies noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from benchbench import Model, Recipe, Task, hookimpl, param

from ._deconvolution import confined, extended, filtered, no_kernel, transfer

LEAST = 1e-6
"""Keeps black pixels from a division by zero; far below one level of 8 bits."""


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [RichardsonLucy]


@dataclass(frozen=True)
class RichardsonLucy(Model):
    """Richardson–Lucy deconvolution, told the kernel of the blur."""

    name = "richardson-lucy"
    recipe: ClassVar[Recipe | None] = None
    sees: ClassVar[tuple[str, ...]] = ("region", "truth")

    iterations: int = param(100, "number of iterations", low=1, high=1000)

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
        restored = self.deconvolve(extended(degraded), truth["kernel"])[..., :height, :width]
        return confined(restored, degraded, region)

    def deconvolve(self, images: Tensor, kernels: Tensor) -> Tensor:
        """Periodic images `(N, C, H, W)` and the kernels `(N, 1, h, w)` they were correlated with."""
        blur = transfer(kernels, *images.shape[-2:])
        restored = torch.full_like(images, 0.5)
        for _ in range(self.iterations):
            seen = filtered(restored, blur).clamp_min(LEAST)
            restored = restored * filtered(images / seen, blur.conj())
        return restored
