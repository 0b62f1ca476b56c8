from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.restoration import denoise_nl_means

from benchbench import Task
from benchbench_plugins.models.non_local_means import NonLocalMeans, noise_of

TASK = Task(32, None)  # type: ignore[arg-type]


def ramp(*shape: int) -> torch.Tensor:
    return torch.linspace(0.2, 0.8, shape[-1]).expand(shape)


def noisy(sigma: float, *shape: int) -> torch.Tensor:
    return ramp(*shape) + sigma * torch.randn(shape, generator=torch.Generator().manual_seed(3))


def test_matches_scikit_image_with_the_estimated_noise() -> None:
    images = noisy(0.08, 2, 3, 32, 32)
    restored = NonLocalMeans(strength=0.7, patch=3, distance=4).build(TASK)(images)
    for image, got in zip(images.numpy(), restored.numpy(), strict=True):
        sigma = noise_of(image)
        expected = denoise_nl_means(image, 3, 4, h=0.7 * sigma, sigma=sigma, channel_axis=0)
        np.testing.assert_allclose(got, expected, atol=1e-6)


@pytest.mark.parametrize("sigma", [0.02, 0.1, 0.25])
def test_estimates_the_noise_on_a_slope(sigma: float) -> None:
    assert noise_of(noisy(sigma, 3, 128, 128).numpy()) == pytest.approx(sigma, rel=0.03)


@given(slope=st.floats(-1, 1), level=st.floats(0, 1))
def test_a_slope_without_noise_has_none(slope: float, level: float) -> None:
    image = level + slope * np.linspace(0, 1, 16)[None, None, :] * np.ones((3, 16, 1))
    assert noise_of(image) == pytest.approx(0, abs=1e-9)


def test_takes_off_most_of_the_noise() -> None:
    images = noisy(0.1, 1, 3, 48, 48)
    error = (NonLocalMeans().build(TASK)(images) - ramp(1, 3, 48, 48)).square().mean()
    assert error < 0.25 * 0.1**2


@settings(max_examples=10)
@given(side=st.integers(1, 9), level=st.floats(0, 1, width=32))
def test_a_flat_image_of_any_size_stays_flat(side: int, level: float) -> None:
    flat = torch.full((1, 3, side, side), level)
    torch.testing.assert_close(NonLocalMeans().build(TASK)(flat), flat, atol=1e-5, rtol=0)
