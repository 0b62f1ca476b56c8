"""Gaussian blur is held against `scipy.ndimage.gaussian_filter`."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.filters import gaussian

from benchbench import Range
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.gaussian_blur import GaussianBlur

NOISELESS = Range(0, 0)
IDS = [str(i) for i in range(8)]


def draw(n: int) -> SeededDraw:
    return SeededDraw(0, "test", IDS[:n])


@given(
    sigma=st.floats(0.1, 8),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    channels=st.sampled_from([1, 3]),
)
@settings(max_examples=60, deadline=None)
def test_matches_scipy(sigma: float, size: tuple[int, int], channels: int) -> None:
    images = torch.rand(2, channels, *size, generator=torch.Generator().manual_seed(0))
    result = GaussianBlur(Range(sigma, sigma), NOISELESS).apply(images, draw(2))
    reference = ndimage.gaussian_filter(images.double().numpy(), (0, 0, sigma, sigma))
    np.testing.assert_allclose(result.images.numpy(), reference, atol=2e-5)


@pytest.mark.parametrize("size", [(129, 20), (20, 300), (257, 130)])
def test_matches_scipy_where_the_products_are_cut_into_blocks(size: tuple[int, int]) -> None:
    images = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    result = GaussianBlur(Range(6, 6), NOISELESS).apply(images, draw(2))
    reference = ndimage.gaussian_filter(images.double().numpy(), (0, 0, 6, 6))
    np.testing.assert_allclose(result.images.numpy(), reference, atol=2e-5)


def test_each_image_has_its_own_sigma() -> None:
    images = torch.rand(8, 3, 30, 30, generator=torch.Generator().manual_seed(0))
    result = GaussianBlur(Range(0.5, 4), NOISELESS).apply(images, draw(8))
    sigmas = result.truth["sigma"]
    assert len(sigmas.unique()) == 8
    for ours, clean, sigma in zip(result.images, images, sigmas, strict=True):
        reference = ndimage.gaussian_filter(clean.double().numpy(), (0, sigma.item(), sigma.item()))
        np.testing.assert_allclose(ours.numpy(), reference, atol=2e-5)


def test_matches_skimage() -> None:
    image = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    reference = gaussian(image[0].numpy(), sigma=2, mode="reflect", truncate=4.0, channel_axis=0)
    np.testing.assert_allclose(
        GaussianBlur(noise=NOISELESS).apply(image, draw(1)).images[0].numpy(), reference, atol=1e-5
    )


def test_known_kernel_explains_the_blur() -> None:
    images = torch.rand(3, 1, 33, 33, generator=torch.Generator().manual_seed(0))
    result = GaussianBlur(Range(0.5, 3), NOISELESS).apply(images, draw(3))
    for ours, clean, kernel in zip(result.images, images, result.truth["kernel"], strict=True):
        reference = ndimage.convolve(clean[0].numpy(), kernel[0].numpy(), mode="reflect")
        np.testing.assert_allclose(ours[0].numpy(), reference, atol=1e-5)


def test_kernel_is_the_gaussian_formula() -> None:
    kernel = (
        GaussianBlur(Range(1.5, 1.5), NOISELESS).apply(torch.rand(1, 1, 9, 9), draw(1)).truth["kernel"][0, 0].double()
    )
    y, x = np.indices(kernel.shape) - len(kernel) // 2
    formula = np.exp(-(x**2 + y**2) / (2 * 1.5**2))
    np.testing.assert_allclose(kernel.numpy(), formula / formula.sum(), atol=1e-6)


def test_keeps_the_mean() -> None:
    images = torch.rand(2, 3, 25, 31, generator=torch.Generator().manual_seed(0))
    blurred = GaussianBlur(Range(5, 5), NOISELESS).apply(images, draw(2)).images
    torch.testing.assert_close(blurred.mean((2, 3)), images.mean((2, 3)), atol=1e-5, rtol=0)
