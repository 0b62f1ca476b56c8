from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from benchbench import Degradation, Degraded, Draw, Task, param
from benchbench_plugins.models.bicubic import Bicubic


@dataclass(frozen=True)
class Blocks(Degradation):
    name = "test-blocks"
    block: int = param(8, low=1)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        small = F.avg_pool2d(clean, self.block)
        return Degraded(F.interpolate(small, scale_factor=self.block))


@dataclass(frozen=True)
class Nothing(Degradation):
    name = "test-nothing"

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return Degraded(clean)


def images(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("block", [2, 4, 8])
def test_takes_the_grid_from_the_degradation(block: int) -> None:
    degraded = Blocks(block).apply(images(2, 3, 32, 32), None).images  # type: ignore[arg-type]
    one_pixel_a_block = degraded[..., block // 2 :: block, block // 2 :: block]
    expected = F.interpolate(one_pixel_a_block, scale_factor=block, mode="bicubic", align_corners=False)
    torch.testing.assert_close(Bicubic().build(Task(32, Blocks(block)))(degraded), expected)


def test_a_given_factor_wins_over_the_degradation() -> None:
    noisy = images(1, 3, 32, 32)
    given_here, from_task = Bicubic(4).build(Task(32, Blocks(8))), Bicubic().build(Task(32, Blocks(4)))
    assert torch.equal(given_here(noisy), from_task(noisy))


def test_halves_where_the_degradation_has_no_grid() -> None:
    noisy = images(1, 3, 32, 32)
    assert torch.equal(Bicubic().build(Task(32, Nothing()))(noisy), Bicubic(2).build(Task(32, Nothing()))(noisy))


def test_factor_one_changes_nothing() -> None:
    noisy = images(2, 3, 9, 9)
    torch.testing.assert_close(Bicubic(1).build(Task(9, Nothing()))(noisy), noisy)


@given(side=st.integers(1, 40), factor=st.integers(1, 12), level=st.floats(0, 1, width=32))
def test_a_flat_image_stays_flat_at_any_size(side: int, factor: int, level: float) -> None:
    flat = torch.full((1, 1, side, side), level)
    torch.testing.assert_close(Bicubic(factor).build(Task(side, Nothing(), 1))(flat), flat, atol=1e-5, rtol=0)


def test_comes_closer_to_a_smooth_image_than_its_blocks() -> None:
    ramp = torch.linspace(0, 1, 64).expand(1, 3, 64, 64) * torch.linspace(0, 1, 64)[:, None]
    degraded = Blocks(8).apply(ramp, None).images  # type: ignore[arg-type]
    restored = Bicubic().build(Task(64, Blocks(8)))(degraded)
    assert (restored - ramp).square().mean() < 0.25 * (degraded - ramp).square().mean()
