"""Occlusion: the patches are squares, inside the image, where and as large as the truth says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbench import Range
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.occlude import Occlude


def draw(n: int, seed: int = 0) -> SeededDraw:
    return SeededDraw(seed, "test", [str(i) for i in range(n)])


@given(
    count=st.integers(1, 5),
    sizes=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
    shape=st.tuples(st.integers(1, 3), st.sampled_from([1, 3]), st.integers(1, 30), st.integers(1, 30)),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_paints_the_squares_of_the_truth_and_nothing_else(
    count: int, sizes: list[float], shape: tuple[int, ...], seed: int
) -> None:
    clean = torch.full(shape, 0.5)
    result = Occlude(count, Range(*sizes)).apply(clean.clone(), draw(shape[0], seed))
    expected = np.full(shape, 0.5, dtype=np.float32)
    for image, patches in zip(expected, result.truth["patches"].int().tolist(), strict=True):
        assert len(patches) == count
        for top, left, side in patches:
            assert 1 <= side <= max(1, round(sizes[1] * min(shape[2:])))
            assert side >= round(sizes[0] * min(shape[2:]))
            assert 0 <= top <= shape[2] - side
            assert 0 <= left <= shape[3] - side
            image[:, top : top + side, left : left + side] = 0
    np.testing.assert_array_equal(result.images.numpy(), expected)
    assert result.region is not None
    np.testing.assert_array_equal(result.region.numpy(), expected[:, :1] == 0)


def test_every_place_is_equally_likely() -> None:
    patches = Occlude(64, Range(0.5, 0.5)).apply(torch.rand(60, 1, 4, 4), draw(60)).truth["patches"]
    places = (patches[..., 0] * 3 + patches[..., 1]).flatten().int()
    counts = torch.bincount(places, minlength=9).double()
    expected = counts.sum() / 9
    assert ((counts - expected) ** 2 / expected).sum() < 26.1  # χ² with 8 degrees of freedom, one in a thousand


def test_mean_fills_with_the_images_own_mean_colour() -> None:
    clean = torch.rand(3, 3, 20, 20)
    result = Occlude(1, Range(0.4, 0.4), fill="mean").apply(clean.clone(), draw(3))
    for image, original, (top, left, _) in zip(result.images, clean, result.truth["patches"][:, 0].int(), strict=True):
        torch.testing.assert_close(image[:, top, left], original.mean((1, 2)))


def test_noise_fills_with_uniform_colours() -> None:
    images = Occlude(1, Range(1, 1), fill="noise").apply(torch.zeros(1, 3, 64, 64), draw(1)).images
    assert abs(images.mean() - 0.5) < 0.02
    assert abs(images.var() - 1 / 12) < 0.01


@pytest.mark.parametrize("fill", ["zeros", "noise", "mean"])
def test_the_fill_does_not_move_the_patches(fill: str) -> None:
    clean = torch.rand(2, 3, 16, 16)
    usual = Occlude(2).apply(clean.clone(), draw(2)).region
    other = Occlude(2, fill=fill).apply(clean.clone(), draw(2)).region  # type: ignore[arg-type]
    assert usual is not None
    assert other is not None
    assert torch.equal(usual, other)
