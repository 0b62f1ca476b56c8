from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from torch import Tensor

from benchbench_plugins.models._latent import REACH, LatentCoder


def coder(scales: Tensor, step: float = 1.0) -> LatentCoder:
    made = LatentCoder(len(scales), step)
    made.scale.copy_(scales)
    return made


def normal(n: int, scales: Tensor, seed: int = 0) -> Tensor:
    return torch.randn((n, len(scales)), generator=torch.Generator().manual_seed(seed)) * scales


@given(
    scales=st.lists(st.floats(0, 200, width=32), min_size=1, max_size=20),
    step=st.floats(0.01, 10),
    stretch=st.floats(0, 8),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=80)
def test_what_is_decoded_is_what_was_quantised(scales: list[float], step: float, stretch: float, seed: int) -> None:
    made = coder(torch.tensor(scales), step)
    latents = normal(3, made.scale * stretch + 0.1, seed)
    expected = made.values(made.symbols(latents))
    assert torch.equal(made.decode(made.encode(latents)), expected)
    inside = (latents / step).abs() < REACH
    assert ((expected - latents).abs()[inside] <= 0.5001 * step + 1e-5).all()


@pytest.mark.parametrize("value", [1e9, -1e9])
def test_what_lies_beyond_reach_is_clipped_and_survives(value: float) -> None:
    made = coder(torch.ones(2))
    assert made.decode(made.encode(torch.tensor([[value, 0.0]]))).tolist() == [[math.copysign(REACH, value), 0.0]]


def test_the_bytes_are_those_of_the_ideal_code() -> None:
    """Shannon's bound for independent normal values: below it is impossible, far above is waste."""
    scales = torch.logspace(-1.2, 1.5, 300)
    made, latents = coder(scales), normal(20, scales)
    symbols = made.symbols(latents).double().numpy()
    likelihood = norm.cdf((symbols + 0.5) / scales.numpy()) - norm.cdf((symbols - 0.5) / scales.numpy())
    ideal = -np.log2(likelihood).sum(1) / 8  # bytes
    spent = np.array([len(data) for data in made.encode(latents)])
    assert (spent >= np.floor(0.98 * ideal - 1)).all()
    assert (spent <= np.ceil(1.01 * ideal + 1)).all()


def test_a_dimension_that_never_varied_costs_nothing_and_may_still_vary() -> None:
    made = coder(torch.zeros(512))
    latents = torch.zeros(2, 512)
    latents[1, 7] = 3.0
    still, moved = made.encode(latents)
    assert len(still) <= 1
    assert len(moved) > len(still)
    assert torch.equal(made.decode([still, moved]), latents)


def test_fit_takes_mean_and_standard_deviation() -> None:
    made, latents = LatentCoder(4, 0.5), normal(50, torch.tensor([0.0, 1.0, 2.0, 5.0])) + 3
    made.fit(latents)
    np.testing.assert_allclose(made.mean, np.mean(latents.numpy(), 0), rtol=1e-5)
    np.testing.assert_allclose(made.scale, np.std(latents.numpy(), 0), rtol=1e-5, atol=1e-6)


def test_a_finer_step_costs_more() -> None:
    scales = torch.ones(100)
    latents = normal(5, scales)
    sizes = [sum(map(len, coder(scales, step).encode(latents))) for step in (2.0, 1.0, 0.5, 0.1)]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 4
