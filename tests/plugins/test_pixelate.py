"""Pixelation is held against `skimage.measure.block_reduce` and the means of the pixels that are there."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import block_reduce

from benchbench import SpecError
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.pixelate import Pixelate


def pixelated(images: torch.Tensor, block: int) -> np.ndarray:
    draw = SeededDraw(0, "test", [str(i) for i in range(len(images))])
    return Pixelate(block).apply(images, draw).images.numpy()


@given(
    shape=st.tuples(st.integers(1, 3), st.sampled_from([1, 3]), st.integers(1, 40), st.integers(1, 40)),
    block=st.integers(1, 50),
)
@settings(max_examples=80, deadline=None)
def test_each_block_is_the_mean_of_the_pixels_that_are_there(shape: tuple[int, ...], block: int) -> None:
    images = torch.rand(shape, generator=torch.Generator().manual_seed(block))
    ours, clean = pixelated(images, block), images.double().numpy()
    for top in range(0, shape[2], block):
        for left in range(0, shape[3], block):
            area = (..., slice(top, top + block), slice(left, left + block))
            mean = clean[area].mean((-2, -1), keepdims=True)
            np.testing.assert_allclose(ours[area], np.broadcast_to(mean, ours[area].shape), atol=1e-6)


@pytest.mark.parametrize("block", [2, 4, 8])
def test_matches_skimage_block_reduce(block: int) -> None:
    images = torch.rand(2, 3, 32, 48, generator=torch.Generator().manual_seed(0))
    means = block_reduce(images.numpy(), (1, 1, block, block), np.mean)
    np.testing.assert_allclose(pixelated(images, block), np.kron(means, np.ones((block, block))), atol=1e-6)


def test_twice_is_once() -> None:
    once = pixelated(torch.rand(1, 3, 19, 27), 5)
    np.testing.assert_allclose(pixelated(torch.from_numpy(once), 5), once, atol=1e-6)


def test_blocks_of_one_pixel_change_nothing() -> None:
    images = torch.rand(2, 3, 9, 9)
    np.testing.assert_array_equal(pixelated(images, 1), images.numpy())


def test_default_is_a_block_of_eight() -> None:
    assert Pixelate().block == 8


def test_refuses_a_block_without_pixels() -> None:
    with pytest.raises(SpecError, match="block=0"):
        Pixelate(0)
