"""Eigenfaces: the principal components of training images, fitted in closed form."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import islice

import torch
from torch import Tensor

from benchbench import Batch

from ._latent import LatentCodec, LatentCoder

MOST = 4096  # training images: the exact solution takes time with the cube of them


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

    def fit_to(self, batches: Iterable[Batch]) -> None:
        """Set all from the clean images of batches, at most `MOST`, each with its mirror image."""
        images = torch.cat(list(taken((batch.clean for batch in batches), MOST)))
        self.fit(torch.cat([images, images.flip(-1)]))

    def latents(self, images: Tensor) -> Tensor:
        return (images.float() - self.mean).flatten(1) @ self.components.T / self.unit

    def images(self, latents: Tensor) -> Tensor:
        return (latents @ self.components * self.unit).unflatten(1, self.mean.shape) + self.mean
