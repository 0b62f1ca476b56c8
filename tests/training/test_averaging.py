"""The average of weights: the power function that Karras et al. describe, whatever the state is made of."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from benchbench.training.averaging import GAMMA, Average


def weights_of(steps: int) -> np.ndarray:
    """The weight of each step in the average, in float64, from the recursion written out."""
    beta = (1 - 1 / np.arange(1, steps + 1, dtype=np.float64)) ** (GAMMA + 1)
    later = np.append(np.cumprod(beta[::-1])[::-1][1:], 1.0)
    return (1 - beta) * later


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 200), st.integers(0, 2**31))
def test_it_is_the_weighted_mean_of_all_steps(steps: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(steps, 5))
    module = nn.Linear(5, 1, bias=False)
    average = Average(module)
    for step, row in enumerate(values, 1):
        module.weight.data[:] = torch.tensor(row)
        average.update(module, step)
    assert weights_of(steps).sum() == pytest.approx(1)
    found = average.module.weight
    assert isinstance(found, Tensor)
    np.testing.assert_allclose(found.numpy()[0], weights_of(steps) @ values, atol=2e-6)


def test_it_looks_back_over_a_fixed_part_of_the_training() -> None:
    for steps in (200, 2000):
        weights = weights_of(steps)
        middle = (weights * np.arange(1, steps + 1)).sum() / steps
        assert middle == pytest.approx((GAMMA + 1) / (GAMMA + 2), abs=0.01)
        assert weights[: steps // 2].sum() < 1e-4


def test_buffers_are_averaged_and_integers_copied() -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2)).train()
    average = Average(module)
    seen = []
    for step in range(1, 6):
        module(torch.rand(4, 3, 5, 5, generator=torch.Generator().manual_seed(step)) * step)
        average.update(module, step)
        seen.append(module[1].running_var.clone())  # type: ignore[union-attr, operator]
    expected = torch.tensor(weights_of(5)) @ torch.stack(seen).double()  # type: ignore[arg-type]
    torch.testing.assert_close(average.module[1].running_var.double(), expected)  # type: ignore[index, union-attr, operator]
    assert average.module[1].num_batches_tracked == 5  # type: ignore[index, union-attr]
    assert not average.module.training


def test_tied_weights_are_averaged_once() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Parameter(torch.zeros(3))
            self.b = self.a

    module = Tied()
    average = Average(module)
    for step in (1, 2):
        module.a.data += 1
        average.update(module, step)
    torch.testing.assert_close(average.module.a.double(), torch.full((3,), weights_of(2) @ [1, 2]).double())  # type: ignore[operator]
    assert average.module.a is average.module.b


def test_a_mask_of_infinities_stays_what_it_is() -> None:
    module = nn.Linear(2, 2)
    module.register_buffer("mask", torch.tensor([0.0, -torch.inf]))
    average = Average(module)
    for step in (1, 2, 3):
        average.update(module, step)
    assert torch.equal(average.module.mask, module.mask)  # type: ignore[arg-type]


def test_the_module_is_left_alone() -> None:
    module = nn.Linear(2, 2)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    Average(module).update(module, 1)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(parameter.requires_grad for parameter in module.parameters())
