"""SSIM against piq and scikit-image, its windows, and a region against an explicit map."""

from __future__ import annotations

import numpy as np
import piq
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import images
from skimage.metrics import structural_similarity
from torch import Tensor

from benchbench_plugins.metrics.ssim import SSIM


@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(1, 3),
    channels=st.sampled_from([1, 3]),
    height=st.integers(11, 130),
    width=st.integers(11, 130),
    noise=st.sampled_from([0.0, 0.01, 0.1, 1.0]),
    seed=st.integers(0, 2**31),
)
def test_it_equals_piq(n: int, channels: int, height: int, width: int, noise: float, seed: int) -> None:
    restored, clean = images(n, channels, height, width, seed, noise)
    expected = piq.ssim(restored.double(), clean.double(), downsample=False, reduction="none").float()
    torch.testing.assert_close(SSIM()(restored, clean), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("shape", [(1, 3, 64, 64), (1, 3, 37, 51), (1, 1, 48, 48), (1, 3, 300, 280)])
def test_it_equals_scikit_image(shape: tuple[int, int, int, int]) -> None:
    restored, clean = images(*shape, seed=1)
    expected = skimage_map(restored, clean)[:, 5:-5, 5:-5].mean()
    np.testing.assert_allclose(SSIM()(restored, clean), [expected], atol=1e-5)


def skimage_map(restored: Tensor, clean: Tensor) -> np.ndarray:
    """scikit-image's SSIM map (C, H, W) of one image."""
    a, b = restored[0].double().numpy(), clean[0].double().numpy()
    how = {"gaussian_weights": True, "use_sample_covariance": False, "data_range": 1, "channel_axis": 0}
    _, values = structural_similarity(a, b, full=True, **how)
    return values


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_a_region_averages_the_windows_centred_in_it(seed: int) -> None:
    restored, clean = images(1, 3, 40, 33, seed)
    region = torch.rand(1, 1, 40, 33, generator=torch.Generator().manual_seed(seed)) < 0.2
    inside = region[0, 0, 5:-5, 5:-5].numpy()
    expected = skimage_map(restored, clean)[:, 5:-5, 5:-5][:, inside].mean()
    np.testing.assert_allclose(SSIM()(restored, clean, region), [expected], atol=1e-5)


def test_a_region_too_close_to_the_border_holds_no_window() -> None:
    restored, clean = images(1, 3, 32, 32, seed=1)
    region = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    region[..., :5, :] = True
    assert SSIM()(restored, clean, region).isnan().all()
    region[..., 5, 5] = True
    assert SSIM()(restored, clean, region).isfinite().all()


def test_a_changed_pixel_reaches_the_windows_that_hold_it_and_no_others() -> None:
    _, clean = images(1, 1, 41, 41, seed=1)
    changed = clean.clone()
    changed[..., 20, 20] = 1 - changed[..., 20, 20]
    at = torch.eye(41, dtype=torch.bool)[:, None, None, :].expand(41, 1, 41, 41) & (torch.arange(41) == 20)[:, None]
    scores = SSIM()(changed.expand(41, 1, 41, 41), clean.expand(41, 1, 41, 41), at)  # the window at (20, column)
    assert (scores[5:36] < 1).tolist() == [abs(column - 20) <= 5 for column in range(5, 36)]


def test_an_image_smaller_than_the_window_is_an_error() -> None:
    with pytest.raises(ValueError, match="11 px does not fit into images of 10x40 px"):
        SSIM()(torch.zeros(1, 3, 10, 40), torch.zeros(1, 3, 10, 40))
