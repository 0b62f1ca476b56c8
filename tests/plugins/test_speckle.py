"""Speckle is held against `skimage.util.random_noise`."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.util import random_noise

from benchbench import Range
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.speckle import Speckle


def test_it_is_as_strong_as_scikit_images_at_every_level() -> None:
    levels = torch.linspace(0, 1, 6)[:, None, None].expand(6, 100, 100)[None]
    ours = Speckle(Range(0.2, 0.2)).apply(levels.clone(), SeededDraw(0, "test", ["a"])).images[0]
    theirs = random_noise(levels[0].numpy(), "speckle", rng=0, clip=False, var=0.04)
    np.testing.assert_allclose(ours.std((1, 2)), theirs.std((1, 2)), rtol=0.05)
    np.testing.assert_allclose(ours.mean((1, 2)), theirs.mean((1, 2)), atol=0.01)


def test_black_stays_black() -> None:
    images = torch.zeros(2, 3, 9, 9)
    assert not Speckle().apply(images, SeededDraw(0, "test", ["a", "b"])).images.any()


def test_sigma_is_told() -> None:
    found = Speckle(Range(0.1, 0.3)).apply(torch.full((2, 3, 200, 200), 0.5), SeededDraw(0, "test", ["a", "b"]))
    assert (found.images.std((1, 2, 3)) / 0.5).tolist() == pytest.approx(found.truth["sigma"].tolist(), rel=0.02)
