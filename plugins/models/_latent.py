"""Latent vectors as bytes: uniform quantisation, and a range coder with a normal distribution for each dimension.

At a high enough rate, and at any rate for dimensions of widely differing variance, one step for all dimensions is the
best allocation of bits (reverse water-filling: Cover & Thomas, Elements of Information Theory, 10.3): a dimension that
varies less than the step costs next to nothing.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from benchbench import Codec

from ._messages import Distribution, Reader, gaussian, written

REACH = 8191
"""Largest symbol; what lies further out is clipped to it."""
LEAST_SCALE = 1 / 32
"""In steps: a dimension that never left its mean in training still must be able to."""


class LatentCoder(nn.Module):
    """Latents `(N, count)` as whole numbers of steps from their mean, and these as bytes."""

    mean: Tensor
    scale: Tensor

    def __init__(self, count: int, step: float) -> None:
        super().__init__()
        self.step = step
        self.register_buffer("mean", torch.zeros(count))
        self.register_buffer("scale", torch.ones(count))

    def fit(self, latents: Tensor) -> None:
        """Take mean and standard deviation of each dimension from `(n, count)`."""
        self.mean.copy_(latents.mean(0))
        self.scale.copy_(latents.std(0, unbiased=False))

    def symbols(self, latents: Tensor) -> Tensor:
        """Nearest whole numbers of steps, still float32."""
        return ((latents.float() - self.mean) / self.step).round().clamp(-REACH, REACH)

    def values(self, symbols: Tensor) -> Tensor:
        """What the decoder makes of the symbols."""
        return symbols * self.step + self.mean

    def encode(self, latents: Tensor) -> list[bytes]:
        """Each row of `(N, count)` as bytes."""
        distribution = self._distribution()
        rows = self.symbols(latents).cpu().numpy().astype(np.int32)
        return [written([(row, distribution)]) for row in rows]

    def decode(self, data: Sequence[bytes]) -> Tensor:
        """The quantised latents `(N, count)` back, on the coder's device."""
        distribution = self._distribution()
        rows = np.stack([Reader(message).read(distribution) for message in data])
        return self.values(torch.from_numpy(rows).to(self.mean))

    def _distribution(self) -> Distribution:
        return gaussian(np.maximum(self.scale.cpu().double().numpy() / self.step, LEAST_SCALE), REACH)


class LatentCodec(nn.Module, Codec):
    """What turns images into latents `(N, count)` and back, with a coder between: what is restored was bytes.

    While it trains, nothing is quantised.
    """

    def __init__(self, coder: LatentCoder) -> None:
        super().__init__()
        self.coder = coder

    @abstractmethod
    def latents(self, images: Tensor) -> Tensor:
        """Images `(N, C, H, W)` to latents `(N, count)`."""

    @abstractmethod
    def images(self, latents: Tensor) -> Tensor:
        """Latents `(N, count)` to images `(N, C, H, W)`."""

    def forward(self, images: Tensor) -> Tensor:
        latents = self.latents(images)
        return self.images(latents if self.training else self.coder.values(self.coder.symbols(latents)))

    def compress(self, images: Tensor) -> list[bytes]:
        return self.coder.encode(self.latents(images))

    def decompress(self, data: Sequence[bytes]) -> Tensor:
        return self.images(self.coder.decode(data))
