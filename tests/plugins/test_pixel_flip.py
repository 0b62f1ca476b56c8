"""Flipped pixels: how many, where, and what colours they take."""

from __future__ import annotations

import numpy as np
import torch
from scipy import stats

from benchbench import Degraded, Range
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.pixel_flip import PixelFlip


def flipped(images: torch.Tensor, low: float, high: float | None = None) -> Degraded:
    draw = SeededDraw(0, "test", [str(i) for i in range(len(images))])
    return PixelFlip(Range(low, low if high is None else high)).apply(images.clone(), draw)


def test_strikes_the_fraction_asked_for() -> None:
    region = flipped(torch.rand(1, 3, 100, 100), 0.2).region
    assert region is not None
    assert stats.binomtest(int(region.sum()), region.numel(), 0.2).pvalue > 1e-3


def test_each_image_has_its_own_fraction() -> None:
    result = flipped(torch.rand(6, 1, 100, 100), 0.05, 0.9)
    assert result.region is not None
    assert len(result.truth["fraction"].unique()) == 6
    torch.testing.assert_close(result.region.float().mean((1, 2, 3)), result.truth["fraction"], atol=0.025, rtol=0)


def test_colours_are_uniform_and_independent_between_channels() -> None:
    colours = flipped(torch.full((1, 3, 80, 80), 0.5), 1).images[0].flatten(1).numpy()
    assert stats.kstest(colours.ravel(), "uniform").pvalue > 1e-3
    assert np.abs(np.corrcoef(colours) - np.eye(3)).max() < 0.06  # five standard errors


def test_exactly_the_struck_pixels_change() -> None:
    clean = torch.full((2, 3, 40, 40), 2.0)  # no colour that is drawn
    result = flipped(clean, 0.3)
    assert result.region is not None
    assert torch.equal((result.images != clean).all(1, keepdim=True), result.region)
    assert torch.equal((result.images != clean).any(1, keepdim=True), result.region)


def test_none_and_all() -> None:
    clean = torch.rand(2, 3, 16, 16)
    nothing, everything = flipped(clean, 0), flipped(clean, 1)
    assert torch.equal(nothing.images, clean)
    assert everything.region is not None
    assert everything.region.all()
