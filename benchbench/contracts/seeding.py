"""Randomness with a name: each (seed, purpose, identity) has a generator of its own, so nothing depends on order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from .specs import Range


def derive(*parts: object) -> int:
    """A 63-bit seed from any values, equal on every machine and Python version (SHA-256 of their text)."""
    text = "\x1f".join(str(p) for p in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(*parts: object, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator seeded by `derive(*parts)`."""
    return torch.Generator(device=device).manual_seed(derive(*parts))


class Draw(Protocol):
    """Random numbers for a batch of `n` images, one stream an image. Every tensor is float32 and on `device`."""

    n: int
    device: torch.device

    def uniform(self, low: float = 0.0, high: float = 1.0, shape: Sequence[int] = ()) -> Tensor:
        """Values uniform in [low, high), of shape `(n, *shape)`."""

    def normal(self, shape: Sequence[int] = ()) -> Tensor:
        """Values from the standard normal distribution, of shape `(n, *shape)`."""

    def within(self, span: Range) -> Tensor:
        """One value an image, uniform in the range, of shape `(n,)`."""


class _Base:
    def within(self, span: Range) -> Tensor:
        return self.uniform(span.low, span.high)  # type: ignore[attr-defined]


class SeededDraw(_Base):
    """Draws that depend on nothing but (seed, purpose, image id): neither batch size, order nor device changes them."""

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


class FreshDraw(_Base):
    """Draws for training batches: one generator, on the device, for the whole batch."""

    def __init__(self, n: int, source: torch.Generator) -> None:
        self.n, self.device, self._source = n, source.device, source

    def uniform(self, low: float = 0.0, high: float = 1.0, shape: Sequence[int] = ()) -> Tensor:
        values = torch.rand((self.n, *shape), generator=self._source, device=self.device)
        return values.mul_(high - low).add_(low)

    def normal(self, shape: Sequence[int] = ()) -> Tensor:
        return torch.randn((self.n, *shape), generator=self._source, device=self.device)
