"""Desaturation is held against `skimage.color.rgb2gray`."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.color import rgb2gray

from benchbench import TrialError
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.desaturate import Desaturate


def grey(images: torch.Tensor) -> torch.Tensor:
    return Desaturate().apply(images.clone(), SeededDraw(0, "test", ["a"] * len(images))).images


def test_matches_skimage_in_all_three_channels() -> None:
    images = torch.rand(2, 3, 11, 14)
    reference = rgb2gray(images.numpy(), channel_axis=1)
    for channel in grey(images).unbind(1):
        np.testing.assert_allclose(channel.numpy(), reference, atol=1e-6)


def test_twice_is_once() -> None:
    once = grey(torch.rand(2, 3, 8, 8))
    torch.testing.assert_close(grey(once), once, atol=1e-6, rtol=0)


def test_grey_images_stay_as_they_are() -> None:
    images = torch.rand(2, 1, 8, 8)
    assert torch.equal(grey(images), images)


def test_refuses_images_without_colours_it_knows() -> None:
    with pytest.raises(TrialError, match="have 2"):
        grey(torch.rand(1, 2, 8, 8))
