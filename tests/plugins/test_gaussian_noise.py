"""Gaussian noise is held against the statistics of the normal distribution."""

from __future__ import annotations

import torch
from scipy import stats

from benchbench import Range
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.gaussian_noise import GaussianNoise


def noise(sigma: Range, images: torch.Tensor, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    draw = SeededDraw(seed, "test", [str(i) for i in range(len(images))])
    result = GaussianNoise(sigma).apply(images.clone(), draw)
    return result.images - images, result.truth["sigma"]


def test_is_normal_with_the_sigma_asked_for() -> None:
    values, _ = noise(Range(0.1, 0.1), torch.full((2, 3, 64, 64), 0.5))
    # Fails by chance for one seed in a thousand; the seed is fixed.
    assert stats.kstest(values.flatten().numpy() / 0.1, "norm").pvalue > 1e-3


def test_each_image_has_its_own_sigma() -> None:
    values, sigma = noise(Range(0.01, 0.5), torch.full((6, 3, 64, 64), 0.5))
    assert len(sigma.unique()) == 6
    torch.testing.assert_close(values.std((1, 2, 3)), sigma, rtol=0.03, atol=0)


def test_is_independent_of_the_image() -> None:
    dark, _ = noise(Range(0.1, 0.1), torch.zeros(2, 3, 16, 16))
    light, _ = noise(Range(0.1, 0.1), torch.ones(2, 3, 16, 16))
    torch.testing.assert_close(dark, light, atol=1e-6, rtol=0)


def test_channels_and_pixels_are_uncorrelated() -> None:
    values, _ = noise(Range(0.2, 0.2), torch.zeros(1, 3, 100, 100))
    correlations = torch.corrcoef(values[0].flatten(1)) - torch.eye(3)
    neighbours = torch.corrcoef(torch.stack((values[..., :-1].flatten(), values[..., 1:].flatten())))[0, 1]
    assert correlations.abs().max() < 0.05  # five standard errors of 10,000 pairs
    assert neighbours.abs() < 0.03


def test_differs_between_images_and_seeds() -> None:
    images = torch.zeros(2, 1, 8, 8)
    first, _ = noise(Range(0.1, 0.1), images)
    second, _ = noise(Range(0.1, 0.1), images, seed=1)
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first, second)


def test_no_sigma_is_no_noise() -> None:
    values, _ = noise(Range(0, 0), torch.rand(2, 3, 8, 8))
    assert (values == 0).all()
