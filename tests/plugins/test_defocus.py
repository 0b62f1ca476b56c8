"""Defocus is held against a disc that is drawn finely, and against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from benchbench import Range
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.defocus import Defocus, disc


@pytest.mark.parametrize("radius", [1.0, 2.7, 6.0])
def test_the_kernel_is_a_disc(radius: float) -> None:
    reach, fine = 7, 16
    steps = (np.arange((2 * reach + 1) * fine) + 0.5) / fine - reach - 0.5
    inside = (steps[:, None] ** 2 + steps**2 <= radius**2).astype(float)
    drawn = inside.reshape(2 * reach + 1, fine, 2 * reach + 1, fine).mean((1, 3))
    ours = disc(torch.tensor([radius]), reach)[0, 0].numpy() * drawn.sum()
    assert np.abs(ours - drawn).max() < 0.17  # of a pixel at the rim
    assert drawn.sum() == pytest.approx(np.pi * radius**2, rel=0.02)


def test_its_kernel_explains_the_blur() -> None:
    images = torch.rand(3, 3, 21, 30, generator=torch.Generator().manual_seed(0))
    found = Defocus(Range(1, 5), Range(0, 0)).apply(images.clone(), SeededDraw(0, "test", ["a", "b", "c"]))
    for ours, clean, kernel in zip(found.images, images, found.truth["kernel"], strict=True):
        np.testing.assert_allclose(ours, ndimage.correlate(clean.numpy(), kernel.numpy(), mode="reflect"), atol=1e-5)


def test_noise_comes_after_the_blur() -> None:
    images = torch.full((2, 3, 64, 64), 0.5)
    noisy = Defocus(noise=Range(0.02, 0.02)).apply(images, SeededDraw(0, "test", ["a", "b"])).images
    assert noisy.std().item() == pytest.approx(0.02, rel=0.05)
    neighbours = (noisy[..., 1:] - 0.5) * (noisy[..., :-1] - 0.5)
    assert neighbours.mean().abs().item() < 0.05 * 0.02**2
