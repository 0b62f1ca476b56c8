"""Histograms of the red, green and blue levels of the test images: degraded, restored and in truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..data.degraded import DegradedSet
from ..files import write_atomically
from ..images import tiled

HEIGHT = 120  # px of a histogram; its width is the 256 levels
CHANNELS = {"red": (200, 30, 30), "green": (20, 140, 50), "blue": (40, 80, 210)}
PAPER = 245
COMMON, HEADROOM = 0.98, 1.5  # the scale ends at so many times the count that this part of the levels keeps below


def level_counts(images: Tensor) -> Tensor:
    """Count how often each level occurs in each channel of uint8 `(N, C, H, W)`; returns `(C, 256)`."""
    return torch.stack([torch.bincount(channel.flatten(), minlength=256) for channel in images.unbind(1)])


def write_histograms(path: Path, test_set: DegradedSet, restored: Tensor) -> None:
    """Write a PNG of nine histograms over all test images: rows degraded, restored and clean, a column per channel.

    A column has one scale, which the clean images set: single levels that stand out, as spikes do, are cut off.
    """
    restored8 = restored.clamp(0, 1).mul(255).round().to(torch.uint8)
    counts = torch.stack(
        [level_counts(images) for images in (test_set.degraded, restored8, test_set.clean)]
    )  # (3,C,256)
    heights = counts / (HEADROOM * counts[-1].double().quantile(COMMON, 1, keepdim=True)).clamp_min(1)
    rows = [[_bars(h, c) for h, c in zip(row, CHANNELS.values(), strict=True)] for row in heights]
    write_atomically(path, tiled(rows, ("degraded", "restored", "truth"), list(CHANNELS), margin=90))


def _bars(heights: Tensor, colour: tuple[int, int, int]) -> np.ndarray:
    """Draw bars of these heights, in [0, 1] and cut off above, as uint8 `(HEIGHT, levels, 3)`."""
    picture = np.full((HEIGHT, len(heights), 3), PAPER, np.uint8)
    filled = (heights * HEIGHT).round().clamp(0, HEIGHT).numpy()
    picture[np.arange(HEIGHT, 0, -1)[:, None] <= filled[None]] = colour
    return picture
