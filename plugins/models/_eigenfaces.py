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

MOST = 4096  # images, and as many copies: the exact solution takes time with the cube of both
SHIFT = 1  # px, by which copies are moved down and to the right, or up and to the left


def taken(batches: Iterable[Tensor], most: int) -> Iterable[Tensor]:
    """The first batches, until they hold `most` images."""
    first = next(iter(batches := iter(batches)))
    return [first, *islice(batches, max(0, most // len(first) - 1))]


def copies(images: Tensor) -> Tensor:
    """Images `(n, C, H, W)` and those that are moved along a diagonal, both ways, and the mirror images of all.

    Of the moved ones there are as many as MOST allows.

    >>> import torch
    >>> [len(copies(torch.zeros(n, 1, 8, 8))) for n in (10, 1000, 3000)]
    [60, 4096, 6000]
    """
    height, width = images.shape[-2:]
    if room := max(0, MOST // 2 - len(images)):
        wide = F.pad(images[: (room + 1) // 2], (SHIFT,) * 4, mode="replicate")
        moved = torch.stack([wide[..., :height, :width], wide[..., 2 * SHIFT :, 2 * SHIFT :]], 1).flatten(0, 1)
        images = torch.cat([images, moved[:room]])
    return torch.cat([images, images.flip(-1)])


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
