"""The distance of RGB histograms against SciPy, and what it does not see."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import images
from scipy.stats import wasserstein_distance
from torch import Tensor

from benchbench_plugins.metrics.rgb_histogram import RGBHistogram


def reference(restored: Tensor, clean: Tensor, inside: Tensor) -> float:
    """SciPy's distance, mean over the channels of one image `(C, H, W)`."""
    pairs = zip(restored[:, inside].numpy(), clean[:, inside].numpy(), strict=True)
    return float(np.mean([wasserstein_distance(a, b) for a, b in pairs]))


@settings(max_examples=20, deadline=None)
@given(
    channels=st.sampled_from([1, 3]),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    share=st.floats(0.1, 1),
    seed=st.integers(0, 2**31),
)
def test_it_equals_scipy_also_inside_regions(channels: int, height: int, width: int, share: float, seed: int) -> None:
    restored, clean = images(2, channels, height, width, seed)
    region = torch.rand(2, 1, height, width, generator=torch.Generator().manual_seed(seed)) < share
    region[:, :, 0, 0] = True
    scores, everywhere = RGBHistogram()(restored, clean, region), RGBHistogram()(restored, clean)
    for number, (a, b) in enumerate(zip(restored, clean, strict=True)):
        assert scores[number].item() == pytest.approx(reference(a, b, region[number, 0]), abs=1e-6)
        whole = torch.ones_like(region[number, 0])
        assert everywhere[number].item() == pytest.approx(reference(a, b, whole), abs=1e-6)


def test_a_shift_in_brightness_is_its_own_distance() -> None:
    _, clean = images(2, 3, 16, 16, seed=1)
    torch.testing.assert_close(RGBHistogram()(0.5 * clean + 0.3, 0.5 * clean), torch.full((2,), 0.3))


def test_a_shuffled_image_scores_perfectly() -> None:
    _, clean = images(1, 3, 16, 16, seed=1)
    order = torch.randperm(256, generator=torch.Generator().manual_seed(1))
    assert RGBHistogram()(clean.flatten(2)[..., order].view_as(clean), clean).tolist() == [0.0]


def test_channels_are_told_apart() -> None:
    clean = torch.tensor([0.2, 0.5, 0.8]).view(1, 3, 1, 1).expand(1, 3, 8, 8)
    torch.testing.assert_close(RGBHistogram()(clean.flip(1), clean), torch.tensor([0.4]))
