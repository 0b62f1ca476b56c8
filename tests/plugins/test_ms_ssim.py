"""Five-scale MS-SSIM against piq, and inside regions."""

from __future__ import annotations

import piq
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import images
from torch import Tensor

from benchbench_plugins.metrics.ms_ssim import MultiScaleSSIM


def reference(restored: Tensor, clean: Tensor) -> Tensor:
    return piq.multi_scale_ssim(restored.double(), clean.double(), reduction="none").float()


@settings(max_examples=10, deadline=None)
@given(
    channels=st.sampled_from([1, 3]),
    height=st.integers(161, 221),
    width=st.integers(161, 221),
    noise=st.sampled_from([0.0, 0.01, 0.1, 1.0]),
    seed=st.integers(0, 2**31),
)
def test_it_equals_piq(channels: int, height: int, width: int, noise: float, seed: int) -> None:
    restored, clean = images(2, channels, height, width, seed, noise)
    torch.testing.assert_close(MultiScaleSSIM()(restored, clean), reference(restored, clean), atol=1e-5, rtol=0)


def test_a_negative_contrast_counts_as_zero() -> None:
    _, clean = images(1, 3, 161, 161, seed=1)
    assert MultiScaleSSIM()(1 - clean, clean).tolist() == [0.0]


@pytest.mark.parametrize("size", [161, 176])
def test_halves_are_scored_by_their_own_side(size: int) -> None:
    restored, clean = images(2, 3, size, size, seed=1)
    middle = size // 2
    restored[..., middle:] = clean[..., middle:]
    left = (torch.arange(size) < middle).expand(2, 1, size, size)
    scores = [MultiScaleSSIM()(restored, clean, region) for region in (left, None, ~left)]
    assert (scores[0] < scores[1]).all()
    assert (scores[1] < scores[2]).all()


def test_a_region_without_a_window_at_the_coarsest_scale_is_nan() -> None:
    restored, clean = images(1, 3, 177, 177, seed=1)
    region = torch.zeros(1, 1, 177, 177, dtype=torch.bool)
    region[..., 5:80, 5:8] = True  # windows at the finest scale, none at the coarsest
    assert MultiScaleSSIM()(restored, clean, region).isnan().all()
