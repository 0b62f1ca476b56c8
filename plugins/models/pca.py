"""Principal components of the training images: the best linear code, and the yardstick of every learned bottleneck.

    latent = Wᵀ (image − mean) / √(C·H·W),   restored = mean + √(C·H·W) · W latent

The columns of W are the leading orthonormal eigenvectors of the training images' covariance ("eigenfaces": Sirovich &
Kirby 1987; Turk & Pentland 1991), each image counted with its mirror image. The latent is in units of the root mean
square over an image: one step moves the image's values by that much on average. It is rounded to steps and stored by a
range coder, with a normal distribution for each component.

Nothing is descended: the components are fitted in closed form to at most `MOST` training images, without a budget.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

import torch
from torch import Tensor, nn

from benchbench import Batch, Model, Recipe, Task, hookimpl, param

from ._latent import LatentCodec, LatentCoder

MOST = 4096  # the exact solution takes time with the cube of it


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [PCA]


@dataclass(frozen=True)
class PCA(Model):
    """Principal components (eigenfaces), quantised and entropy-coded."""

    name = "pca"
    recipe: ClassVar[Recipe | None] = None
    restores: ClassVar[bool] = False
    rates: ClassVar[Mapping[str, Sequence[float]]] = {"step": (0.001, 0.0025, 0.0065, 0.016, 0.04)}

    components: int = param(512, "numbers kept of each image, at most twice the training images", low=1, high=4096)
    step: float = param(0.0065, "quantisation step of a component, in values of the image", low=2e-4, high=1)

    def build(self, task: Task) -> nn.Module:
        return Eigenfaces(self.components, task.channels, task.size, self.step)

    def fit(self, module: nn.Module, batches: Iterable[Batch]) -> None:
        if not isinstance(module, Eigenfaces):
            raise TypeError(f"{self.name} fits the module that it builds, not a {type(module).__name__}")
        images = torch.cat(list(taken((batch.clean for batch in batches), MOST)))
        module.fit(torch.cat([images, images.flip(-1)]))


def taken(batches: Iterable[Tensor], most: int) -> Iterable[Tensor]:
    """The first batches, until they hold `most` images."""
    first = next(iter(batches := iter(batches)))
    return [first, *islice(batches, max(0, most // len(first) - 1))]


class Eigenfaces(LatentCodec):
    """Mean and orthonormal components of images; components that the training images could not give are zero."""

    mean: Tensor
    components: Tensor

    def __init__(self, count: int, channels: int, size: int, step: float) -> None:
        super().__init__(LatentCoder(count, step))
        self.register_buffer("mean", torch.full((channels, size, size), 0.5))
        self.register_buffer("components", torch.zeros(count, channels * size * size))
        self.unit = math.sqrt(channels * size * size)

    def fit(self, images: Tensor) -> None:
        """Set all from `(n, C, H, W)`, by the eigenvectors of the images' products (Sirovich & Kirby's snapshots)."""
        self.mean.copy_(images.mean(0))
        centred = (images - self.mean).flatten(1)  # (n, C·H·W)
        products = (centred @ centred.T).cpu().double()  # not every device has float64
        values, vectors = torch.linalg.eigh(products)  # ascending
        count = min(len(self.components), int((values > 1e-6 * values[-1].clamp(min=1e-9)).sum()))
        found = vectors.flip(1)[:, :count].float().to(centred.device).T @ centred  # (count, C·H·W), orthogonal
        self.components.zero_()[:count] = found / found.norm(dim=1, keepdim=True)
        self.coder.fit(self.latents(images))

    def latents(self, images: Tensor) -> Tensor:
        return (images.float() - self.mean).flatten(1) @ self.components.T / self.unit

    def images(self, latents: Tensor) -> Tensor:
        return (latents @ self.components * self.unit).unflatten(1, self.mean.shape) + self.mean
