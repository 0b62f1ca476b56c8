"""VIF against piq, its known landmarks, and inside regions."""

from __future__ import annotations

import piq
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import images
from torch import Tensor

from benchbench_plugins.metrics.vif import VIF


def reference(restored: Tensor, clean: Tensor) -> Tensor:
    return piq.vif_p(restored.double(), clean.double(), reduction="none").float()


@settings(max_examples=25, deadline=None)
@given(
    channels=st.sampled_from([1, 3]),
    height=st.integers(41, 100),
    width=st.integers(41, 100),
    noise=st.sampled_from([0.0, 0.01, 0.1, 1.0]),
    seed=st.integers(0, 2**31),
)
def test_it_equals_piq(channels: int, height: int, width: int, noise: float, seed: int) -> None:
    restored, clean = images(2, channels, height, width, seed, noise)
    torch.testing.assert_close(VIF()(restored, clean), reference(restored, clean), atol=1e-5, rtol=0)


def test_bright_flat_images_keep_their_precision() -> None:
    restored, clean = (0.98 + 0.02 * x for x in images(2, 3, 64, 64, seed=1))  # where float32 moments cancel worst
    torch.testing.assert_close(VIF()(restored, clean), reference(restored, clean), atol=1e-4, rtol=0)


def test_more_contrast_than_the_clean_image_scores_above_one() -> None:
    _, clean = images(2, 3, 64, 64, seed=1)
    mean = clean.mean((2, 3), keepdim=True)
    assert (VIF()(mean + 1.5 * (clean - mean), clean) > 1).all()
    assert (VIF()(mean + 0.5 * (clean - mean), clean) < 1).all()


def test_a_negative_has_no_information() -> None:
    _, clean = images(2, 3, 64, 64, seed=1)
    assert (VIF()(1 - clean, clean) < 1e-3).all()


def test_only_luma_counts() -> None:
    _, clean = images(1, 3, 48, 48, seed=1)
    shift = 0.05 * torch.rand(1, 1, 48, 48, generator=torch.Generator().manual_seed(2))
    recoloured = 0.2 + 0.5 * clean
    other = recoloured + torch.cat([0.114 * shift, torch.zeros_like(shift), -0.299 * shift], 1)  # of the same luma
    torch.testing.assert_close(VIF()(other, clean), VIF()(recoloured, clean), atol=1e-5, rtol=0)


def test_halves_are_scored_by_their_own_side() -> None:
    restored, clean = images(2, 3, 96, 96, seed=1)
    restored[..., 48:] = clean[..., 48:]
    left = (torch.arange(96) < 48).expand(2, 1, 96, 96)
    scores = [VIF()(restored, clean, region) for region in (left, None, ~left)]
    assert (scores[0] < scores[1]).all()
    assert (scores[1] < scores[2]).all()


def test_a_region_and_its_complement_share_out_the_information() -> None:
    restored, clean = images(1, 1, 64, 64, seed=1)
    region = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(2)) < 0.5
    parts = [VIF()(restored, clean, r).item() for r in (region, ~region)]
    assert min(parts) < VIF()(restored, clean).item() < max(parts)
