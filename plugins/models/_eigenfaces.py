"""Eigenfaces: the principal components of training images, fitted in closed form."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import islice

import torch
from scipy import linalg
from torch import Tensor
from torch.nn import functional as F

from benchbench import Batch

from ._latent import LatentCodec, LatentCoder

MOST = 4096  # training images: the exact solution takes time with the cube of them and their copies
SHIFT = 1  # px, by which copies are moved down and right, and up and left


def taken(batches: Iterable[Tensor], most: int) -> Iterable[Tensor]:
    """The first batches, until they hold `most` images."""
    first = next(iter(batches := iter(batches)))
    return [first, *islice(batches, max(0, most // len(first) - 1))]


def copies(images: Tensor) -> Tensor:
    """Images `(n, C, H, W)` and their mirror images, and while that is not more than MOST, all of them moved a little.

    >>> import torch
    >>> [len(copies(torch.zeros(n, 1, 8, 8))) for n in (10, MOST // 3)]
    [60, 2730]
    """
    both = torch.cat([images, images.flip(-1)])
    if 3 * len(both) > MOST:
        return both
    height, width = both.shape[-2:]
    wide = F.pad(both, (SHIFT,) * 4, mode="replicate")
    return torch.cat([both, wide[:, :, :height, :width], wide[:, :, 2 * SHIFT :, 2 * SHIFT :]])


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
        most = min(len(self.components), len(products))
        values, vectors = linalg.eigh(products.numpy(), subset_by_index=[len(products) - most, len(products) - 1])
        count = int((values > 1e-6 * max(values[-1], 1e-9)).sum())  # ascending
        leading = torch.from_numpy(vectors[:, ::-1][:, :count].copy()).float()
        found = leading.to(centred.device).T @ centred  # (count, C·H·W), orthogonal
        self.components.zero_()[:count] = found / found.norm(dim=1, keepdim=True)
        self.coder.fit(self.latents(images))

    def fit_to(self, batches: Iterable[Batch]) -> None:
        """Set all from the clean images of batches, at most `MOST`, and their copies."""
        self.fit(copies(torch.cat(list(taken((batch.clean for batch in batches), MOST)))))

    def latents(self, images: Tensor) -> Tensor:
        return (images.float() - self.mean).flatten(1) @ self.components.T / self.unit

    def images(self, latents: Tensor) -> Tensor:
        return (latents @ self.components * self.unit).unflatten(1, self.mean.shape) + self.mean
