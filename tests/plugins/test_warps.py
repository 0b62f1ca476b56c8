"""Pinch and wave: each shows the clean image elsewhere, and its flow and its inverse lead back."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from benchbench import Degradation, Degraded, Range
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations._sampling import positions, sampled
from benchbench_plugins.degradations.pinch import Pinch
from benchbench_plugins.degradations.wave import Wave

IDS = [str(i) for i in range(6)]
WARPS = [
    *(Pinch(severity=Range(s, s)) for s in (1, 5)),
    Pinch(Range(-0.95, 0.95)),
    *(Wave(severity=Range(s, s)) for s in (1, 5)),
]
every_warp = pytest.mark.parametrize("warp", WARPS, ids=str)


def ramps(height: int = 60, width: int = 80) -> Tensor:
    """Images whose two channels are the column and the row of each pixel: they show where a warp takes pixels from."""
    columns, rows = positions(height, width, torch.device("cpu"))
    return torch.stack(torch.broadcast_tensors(columns[0], rows[0])).expand(len(IDS), -1, -1, -1).clone()


def warped(warp: Degradation, images: Tensor) -> Degraded:
    return warp.apply(images.clone(), SeededDraw(0, "test", IDS))


@every_warp
def test_the_flow_leads_to_where_a_pixel_went(warp: Degradation) -> None:
    places = ramps()
    found = warped(warp, places)
    flow = warp.flow(found.truth, 60, 80)
    there = places + flow
    shown = sampled(found.images, there[:, 0], there[:, 1])
    inner = (..., slice(12, -12), slice(12, -12))
    assert (shown - places)[inner].abs().max() < 0.35  # of a pixel: the ramps are warped between pixels
    assert (shown - places)[inner].abs().mean() < 0.02


@every_warp
def test_the_inverse_follows_the_flow(warp: Degradation) -> None:
    images = torch.rand(len(IDS), 3, 60, 80, generator=torch.Generator().manual_seed(0))
    found = warped(warp, images)
    there = ramps() + warp.flow(found.truth, 60, 80)
    expected = sampled(found.images, there[:, 0], there[:, 1])
    torch.testing.assert_close(warp.invert(found.images, found.truth), expected, atol=1e-3, rtol=0)


def test_a_pinched_centre_is_smaller_by_the_exponential_of_its_strength() -> None:
    for strength in (-0.9, 0.3, 0.7):
        middle = Range(0.5, 0.5)
        warp = Pinch(Range(strength, strength), Range(0.5, 0.5), middle, middle)
        shown = warped(warp, ramps(201, 201)).images[0, 0, 100]
        assert (shown[102] - shown[100]).item() / 2 == pytest.approx(math.exp(strength), rel=0.01)


def test_nothing_moves_beyond_the_radius() -> None:
    found = warped(Pinch(Range(0.9, 0.9), Range(0.2, 0.3)), ramps())
    assert found.region is not None
    outside = ~found.region.expand(-1, 2, -1, -1)
    torch.testing.assert_close(found.images[outside], ramps()[outside], atol=1e-3, rtol=0)
    assert (found.images - ramps())[~outside].abs().mean() > 0.5


def test_waves_shift_by_their_amplitude_at_most() -> None:
    found = warped(Wave(Range(0.05, 0.05)), ramps())
    shift = (found.images - ramps())[..., 10:-10, 10:-10].abs()
    assert shift.max().item() == pytest.approx(0.05 * 60, rel=0.02)
