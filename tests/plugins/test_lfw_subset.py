"""lfw-subset against the file in scikit-image's wheel."""

from __future__ import annotations

from importlib.metadata import files

import numpy as np
import pytest
import torch

from benchbench import DataError
from benchbench_plugins.datasets.lfw_subset import LfwSubset


def test_the_file_comes_with_the_wheel() -> None:
    shipped = [str(f) for f in files("scikit-image") or []]
    assert "skimage/data/lfw_subset.npy" in shipped


def test_pixels_are_the_first_hundred_patches_at_their_own_size() -> None:
    from skimage.data import lfw_subset

    images = LfwSubset().load(25)
    expected = torch.from_numpy(np.rint(lfw_subset()[:100] * 255).astype(np.uint8))
    assert torch.equal(images.pixels[:, 0], expected)


@pytest.mark.parametrize("size", [17, 64])
def test_grey_is_in_all_channels_at_any_size(size: int) -> None:
    images = LfwSubset(upscale=True).load(size)
    assert images.pixels.shape == (100, 3, size, size)
    assert images.pixels.dtype == torch.uint8
    assert torch.equal(images.pixels[:, 0], images.pixels[:, 1])
    assert torch.equal(images.pixels[:, 0], images.pixels[:, 2])


def test_resizing_keeps_the_mean_brightness_of_each_face() -> None:
    small, large = LfwSubset().load(25).pixels.float(), LfwSubset(upscale=True).load(100).pixels.float()
    assert (small.mean((1, 2, 3)) - large.mean((1, 2, 3))).abs().max() < 2


def test_ids_are_unique() -> None:
    assert len(set(LfwSubset().load(16).ids)) == 100


def test_faces_are_enlarged_only_if_wished() -> None:
    with pytest.raises(DataError, match="25x25 pixels, which lack the detail of 26"):
        LfwSubset().load(26)
