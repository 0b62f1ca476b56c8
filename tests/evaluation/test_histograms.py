"""Histograms of the levels: numpy's counts, drawn to one scale a channel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchbench.data.degraded import DegradedSet
from benchbench.evaluation.histograms import CHANNELS, HEIGHT, PAPER, level_counts, write_histograms
from benchbench.images import GAP, HEAD

MARGIN = 90


def test_counts_are_those_of_numpy() -> None:
    images = torch.randint(0, 256, (5, 3, 9, 7), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    counts = level_counts(images)
    for channel in range(3):
        expected, _ = np.histogram(images[:, channel].numpy(), bins=256, range=(-0.5, 255.5))
        assert counts[channel].tolist() == expected.tolist()


def drawn(path: Path) -> np.ndarray:
    """Heights of the bars, `(row, channel, level)`."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture)
    heights = np.zeros((3, 3, 256), int)
    for row in range(3):
        for channel, colour in enumerate(CHANNELS.values()):
            top, left = HEAD + row * (HEIGHT + GAP), MARGIN + channel * (256 + GAP)
            tile = pixels[top : top + HEIGHT, left : left + 256]
            bars = (tile == colour).all(2)
            assert (bars | (tile == PAPER).all(2)).all()
            assert (np.diff(bars.astype(int), axis=0) >= 0).all(), "a bar stands on the ground and has no hole"
            heights[row, channel] = bars.sum(0)
    return heights


def test_rows_are_degraded_restored_and_truth_to_one_scale(tmp_path: Path) -> None:
    ramp = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16).expand(2, 3, 16, 16).contiguous()
    pairs = DegradedSet(["a", "b"], ramp, ramp // 2, None, None, {})
    restored = torch.zeros(2, 3, 16, 16)
    restored[:, 1] = 2.0  # beyond white, and the other channels black
    write_histograms(tmp_path / "h.png", pairs, restored)
    degraded, after, truth = drawn(tmp_path / "h.png")
    assert (truth == truth[0, 0]).all()
    assert 0 < truth[0, 0] < HEIGHT
    assert (degraded[:, :128] == min(HEIGHT, 2 * truth[0, 0])).all()
    assert (degraded[:, 128:] == 0).all()
    assert [np.flatnonzero(after[channel]).tolist() for channel in range(3)] == [[0], [255], [0]]
    assert after[0, 0] == HEIGHT


def test_levels_that_are_hardly_used_set_no_scale(tmp_path: Path) -> None:
    """Portraits before a white wall: one level holds half of all pixels, and the others are to be seen all the same."""
    ramp = torch.arange(256, dtype=torch.uint8).repeat(8).view(1, 1, 32, 64)
    clean = torch.cat([ramp, torch.full_like(ramp, 255)]).expand(2, 3, 32, 64).contiguous()
    write_histograms(tmp_path / "h.png", DegradedSet(["a", "b"], clean, clean, None, None, {}), clean / 255)
    heights = drawn(tmp_path / "h.png")[2]
    assert (heights[:, 255] == HEIGHT).all()
    assert (heights[:, :255] > HEIGHT / 4).all()
