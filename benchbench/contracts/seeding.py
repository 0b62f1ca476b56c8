"""Randomness with a name: each (seed, purpose, identity) has a generator of its own, so nothing depends on order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from .parameters import Range


def derive(*parts: object) -> int:
    """Derive a 63-bit seed from any values, equal on every machine and Python version (SHA-256 of their text).

    A file's name that is no Unicode counts by its bytes.

    >>> from benchbench import derive
    >>> derive(0, "weights")
    7831180306208225803
    """
    text = "\x1f".join(str(p) for p in parts)
    return int.from_bytes(hashlib.sha256(text.encode(errors="surrogateescape")).digest()[:8], "big") >> 1


def generator(*parts: object, device: torch.device | str = "cpu") -> torch.Generator:
    """Make a generator seeded by `derive(*parts)`.

    >>> import torch
    >>> from benchbench import generator
    >>> torch.rand(2, generator=generator(0, "noise"))
    tensor([0.4476, 0.3250])
    """
    return torch.Generator(device=device).manual_seed(derive(*parts))


class Draw(Protocol):
    """Random numbers for a batch of `n` images, one stream per image. Every tensor is float32 and on `device`.

    >>> from benchbench import Draw, Range
    >>> from benchbench.contracts.seeding import SeededDraw
    >>> draw: Draw = SeededDraw(0, "noise", ["a.png", "b.png"])
    >>> draw.normal((3, 32, 32)).shape, draw.within(Range(0.5, 0.5))
    (torch.Size([2, 3, 32, 32]), tensor([0.5000, 0.5000]))
    """

    n: int
    device: torch.device

    def uniform(self, low: float = 0.0, high: float = 1.0, shape: Sequence[int] = ()) -> Tensor:
        """Draw values uniform in [low, high), of shape `(n, *shape)`."""

    def normal(self, shape: Sequence[int] = ()) -> Tensor:
        """Draw values from the standard normal distribution, of shape `(n, *shape)`."""

    def within(self, span: Range) -> Tensor:
        """Draw one value per image, uniform in the range, of shape `(n,)`."""
        return self.uniform(span.low, span.high)

    def rows(self, index: Tensor) -> Draw:
        """Give the draw of some of the images, of the row numbers `index` `(m,)`; it goes on with their streams."""


class SeededDraw(Draw):
    """Draws that depend on (seed, purpose, image id) only: neither batch size, order nor device changes them."""

    def __init__(self, seed: int, purpose: str, ids: Sequence[str], device: torch.device | str = "cpu") -> None:
        self.n, self.device = len(ids), torch.device(device)
        self._generators = [generator(seed, purpose, i) for i in ids]

    def uniform(self, low: float = 0.0, high: float = 1.0, shape: Sequence[int] = ()) -> Tensor:
        values = torch.empty(self.n, *shape)
        for own, source in zip(values, self._generators, strict=True):
            torch.rand(own.shape, generator=source, out=own)
        return values.mul_(high - low).add_(low).to(self.device)

    def normal(self, shape: Sequence[int] = ()) -> Tensor:
        values = torch.empty(self.n, *shape)
        for own, source in zip(values, self._generators, strict=True):
            torch.randn(own.shape, generator=source, out=own)
        return values.to(self.device)

    def rows(self, index: Tensor) -> SeededDraw:
        part = SeededDraw(0, "", (), self.device)
        part._generators = [self._generators[row] for row in index.tolist()]
        part.n = len(part._generators)
        return part


class FreshDraw(Draw):
    """Draws for training batches: one generator, on the device, for the whole batch."""

    def __init__(self, n: int, source: torch.Generator) -> None:
        self.n, self.device, self._source = n, source.device, source

    def uniform(self, low: float = 0.0, high: float = 1.0, shape: Sequence[int] = ()) -> Tensor:
        values = torch.rand((self.n, *shape), generator=self._source, device=self.device)
        return values.mul_(high - low).add_(low)

    def normal(self, shape: Sequence[int] = ()) -> Tensor:
        return torch.randn((self.n, *shape), generator=self._source, device=self.device)

    def rows(self, index: Tensor) -> FreshDraw:
        return FreshDraw(len(index), self._source)
