"""Random numbers of a batch of portraits, each portrait's from a stream of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from benchbench import generator

from .colours import palette

DRAWS = 256  # numbers in a stream; more than are used, so that a trait can be added without changing the others


class Dice:
    """Random numbers, float64 `(n, 1, 1, 1)`: each call takes the next one of every image's own stream."""

    def __init__(self, seed: int, ids: Sequence[str]) -> None:
        streams = [torch.rand(DRAWS, generator=generator(seed, "faces", i), dtype=torch.float64) for i in ids]
        self._columns = iter(torch.stack(streams).view(len(ids), DRAWS, 1, 1, 1).unbind(1))

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Tensor:
        return low + (high - low) * next(self._columns)

    def around(self, centre: float, spread: float) -> Tensor:
        """A bell-shaped draw within `centre` ± 2 `spread` (the mean of two uniform ones)."""
        return centre + 2 * spread * (next(self._columns) + next(self._columns) - 1)

    def chance(self, p: Tensor | float) -> Tensor:
        return (next(self._columns) < p).double()

    def choice(self, weights: Sequence[Tensor | float]) -> Tensor:
        """An index, int64, with these odds; odds may differ from image to image."""
        u = next(self._columns)
        odds = torch.stack([torch.as_tensor(w, dtype=torch.float64).expand_as(u) for w in weights])
        bounds = odds.cumsum(0)
        return (u * bounds[-1] >= bounds[:-1]).sum(0)

    def blend(self, a: Tensor, b: Tensor) -> Tensor:
        """A colour between two, for each image."""
        return a + (b - a) * next(self._columns)

    def colour(self, colours: Sequence[str]) -> Tensor:
        """One of these colours with a touch of another, as light `(n, 3, 1, 1)`."""
        one, other = (palette(colours)[self.choice([1] * len(colours)).flatten()] for _ in range(2))
        return one + (other - one) * self.uniform(0, 0.35)
