"""Pictures, a degradation, damage and seeds, on which components are tried."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..contracts.degradation import Degradation, Degraded
from ..contracts.parameters import param
from ..contracts.seeding import Draw, generator
from ..data.degraded import DegradedSet, degrade
from ..data.prepared import PreparedDataset


@dataclass(frozen=True)
class Softening(Degradation):
    """A mild blur that tells its kernel and has an inverse, so that few models are unavailable on it."""

    name = "softening"

    light: float = param(1.0, "factor of all values besides", low=0.1, high=1)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        kernel = torch.full((len(clean), 1, 3, 3), 1 / 9, device=clean.device)
        softer = F.avg_pool2d(clean, 3, 1, 1, count_include_pad=False)
        return Degraded(self.light * softer, truth={"kernel": kernel})

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        softer = F.avg_pool2d(degraded, 3, 1, 1, count_include_pad=False)
        return (2 * degraded - softer) / self.light


def names(n: int) -> list[str]:
    """List the ids of `n` pictures."""
    return [f"picture-{i}" for i in range(n)]


def pictures(n: int, height: int, width: int = 0, channels: int = 3) -> Tensor:
    """Paint waves with some grain, uint8 `(n, channels, height, width)`; the first ones are always the same."""
    width = width or height
    rows = torch.linspace(0, 1, height).view(-1, 1)
    columns = torch.linspace(0, 1, width)
    colour = torch.tensor([0.58, 0.5, 0.42] if channels == 3 else [0.5] * channels).view(-1, 1, 1)
    found = []
    for name in names(n):
        source = generator("checks", name)
        phase = 6 * torch.rand((channels, 1, 1), generator=source)
        waves = torch.sin(9 * rows + phase) + torch.cos(23 * columns * rows + phase)
        grain = torch.rand((channels, height, width), generator=source)
        found.append(colour + 0.15 * waves + 0.1 * (grain - 0.5))
    return torch.stack(found).mul(255).round().to(torch.uint8)


def disc(n: int, size: int) -> Tensor:
    """Make masks, bool `(n, 1, size, size)`, true in the middle."""
    line = torch.linspace(-1, 1, size)
    return (line.view(-1, 1) ** 2 + line**2 < 0.5).expand(n, 1, -1, -1).contiguous()


def degraded_set(degradation: Degradation, n: int, size: int, channels: int = 3) -> DegradedSet:
    """Degrade pictures as a test set is degraded."""
    return degrade(dataset(n, size, channels), list(range(n)), degradation)


def dataset(n: int, size: int, channels: int = 3) -> PreparedDataset:
    """Make a data set of pictures, all of them for training."""
    pixels = pictures(n, size, channels=channels)
    return PreparedDataset("checks", "checks", size, "checks", names(n), pixels, disc(n, size), {}, ["train"] * n, [])


def _noise(clean: Tensor) -> Tensor:
    return clean + 0.3 * torch.randn(clean.shape, generator=generator("checks", "noise")).to(clean.device)


DAMAGES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "noise": _noise,
    "blur": lambda clean: F.avg_pool2d(clean, 5, 1, 2, count_include_pad=False),
    "pattern": lambda clean: clean + 0.2 * (torch.arange(clean.shape[-1], device=clean.device) % 2 * 2.0 - 1),
    "tint": lambda clean: clean * torch.linspace(1, 0.5, clean.shape[1], device=clean.device).view(-1, 1, 1),
    "darkness": lambda clean: 0.5 * clean,
}


def damaged(clean: Tensor, kind: str, strength: float) -> Tensor:
    """Spoil images in [0, 1] by one of DAMAGES; strength 0 spoils nothing."""
    return ((1 - strength) * clean + strength * DAMAGES[kind](clean)).clamp(0, 1)


@contextmanager
def global_seed(seed: int) -> Iterator[None]:
    """Seed the global generators of torch, NumPy and Python, and put them back as they were afterwards."""
    before = np.random.get_state(), random.getstate()  # noqa: NPY002  a plugin may use them
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(before[0])  # noqa: NPY002
            random.setstate(before[1])
