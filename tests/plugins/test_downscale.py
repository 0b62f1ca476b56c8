"""Lost resolution is held against scikit-image on the way down and Pillow on the way up."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.transform import downscale_local_mean

from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.downscale import Downscale


def downscaled(images: torch.Tensor, factor: int) -> np.ndarray:
    return Downscale(factor).apply(images, SeededDraw(0, "test", ["a"] * len(images))).images.numpy()


def enlarged(channel: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.asarray(Image.fromarray(channel.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC))


def touched_means(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """The mean of all pixels that each of the `height`×`width` equal cells touches."""
    rows, columns = image.shape
    cells = np.empty((height, width))
    for i, j in np.ndindex(height, width):
        top, bottom = i * rows // height, -(-(i + 1) * rows // height)
        left, right = j * columns // width, -(-(j + 1) * columns // width)
        cells[i, j] = image[top:bottom, left:right].mean()
    return cells


@pytest.mark.parametrize("factor", [1, 2, 4, 8])
def test_matches_skimage_down_and_pillow_up(factor: int) -> None:
    images = torch.rand(2, 3, 32, 48)
    ours = downscaled(images, factor)
    for n, c in np.ndindex(2, 3):
        small = downscale_local_mean(images[n, c].numpy(), (factor, factor))
        np.testing.assert_allclose(ours[n, c], enlarged(small, 48, 32), atol=1e-5)


@pytest.mark.parametrize(("height", "width", "factor"), [(17, 23, 4), (31, 9, 5), (5, 6, 4), (3, 40, 7)])
def test_sides_that_the_factor_does_not_divide(height: int, width: int, factor: int) -> None:
    image = torch.rand(1, 1, height, width)
    small = touched_means(image[0, 0].numpy(), max(1, round(height / factor)), max(1, round(width / factor)))
    np.testing.assert_allclose(downscaled(image, factor)[0, 0], enlarged(small, width, height), atol=1e-5)


def test_a_constant_stays_constant() -> None:
    np.testing.assert_allclose(downscaled(torch.full((1, 3, 19, 22), 0.7), 3), 0.7, atol=1e-6)
