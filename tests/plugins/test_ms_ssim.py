"""MS-SSIM over five and over three scales: against piq, and inside regions."""

from __future__ import annotations

import piq
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import images
from torch import Tensor

from benchbench import Metric
from benchbench_plugins.metrics.ms_ssim import MultiScaleSSIM
from benchbench_plugins.metrics.ms_ssim_3 import ThreeScaleSSIM

PUBLISHED = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang et al. 2003
SCALES = {"ms-ssim": 5, "ms-ssim-3": 3}
LEAST = {"ms-ssim": 161, "ms-ssim-3": 41}

each = pytest.mark.parametrize("metric", [MultiScaleSSIM(), ThreeScaleSSIM()], ids=lambda m: m.name)


def reference(restored: Tensor, clean: Tensor, scales: int) -> Tensor:
    weights = torch.tensor(PUBLISHED[:scales], dtype=torch.float64)  # piq divides them by their sum
    return piq.multi_scale_ssim(restored.double(), clean.double(), scale_weights=weights, reduction="none").float()


@each
@settings(max_examples=12, deadline=None)
@given(
    n=st.sampled_from([1, 3]),
    channels=st.sampled_from([1, 3]),
    taller=st.integers(0, 30),
    wider=st.integers(0, 30),
    noise=st.sampled_from([0.0, 0.01, 0.1, 1.0]),
    seed=st.integers(0, 2**31),
)
def test_it_equals_piq(metric: Metric, n: int, channels: int, taller: int, wider: int, noise: float, seed: int) -> None:
    least = LEAST[metric.name]
    restored, clean = images(n, channels, least + taller, least + wider, seed, noise)
    expected = reference(restored, clean, SCALES[metric.name])
    # The published weights sum to 1.0001, and piq divides them by it: that is up to 1e-4 · max(-s ln s) = 3.7e-5.
    torch.testing.assert_close(metric(restored, clean), expected, atol=4e-5, rtol=0)


@each
def test_a_negative_contrast_counts_as_zero(metric: Metric) -> None:
    _, clean = images(1, 3, LEAST[metric.name], LEAST[metric.name], seed=1)
    assert metric(1 - clean, clean).tolist() == [0.0]


@each
@pytest.mark.parametrize("more", [0, 15])
def test_halves_are_scored_by_their_own_side(metric: Metric, more: int) -> None:
    size = LEAST[metric.name] + more
    restored, clean = images(2, 3, size, size, seed=1)
    middle = size // 2
    restored[..., middle:] = clean[..., middle:]
    left = (torch.arange(size) < middle).expand(2, 1, size, size)
    scores = [metric(restored, clean, region) for region in (left, None, ~left)]
    assert (scores[0] < scores[1]).all()
    assert (scores[1] < scores[2]).all()


@each
def test_a_region_without_a_window_at_the_coarsest_scale_is_nan(metric: Metric) -> None:
    size = LEAST[metric.name] + 16
    restored, clean = images(1, 3, size, size, seed=1)
    region = torch.zeros(1, 1, size, size, dtype=torch.bool)
    region[..., 5 : size // 2 - 8, 5:8] = True  # windows at the finest scale, none at the coarsest
    assert metric(restored, clean, region).isnan().all()
