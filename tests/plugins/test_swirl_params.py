from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from benchbench import Batch, Degradation, Range, Task
from benchbench.contracts.seeding import FreshDraw
from benchbench_plugins.degradations.gaussian_blur import GaussianBlur
from benchbench_plugins.degradations.swirl import Swirl
from benchbench_plugins.models._boxes import Box
from benchbench_plugins.models._correction import Correction
from benchbench_plugins.models._heatmap import STRIDE, Heatmap
from benchbench_plugins.models._polar import ANGLES, RINGS, Polar, circular
from benchbench_plugins.models.swirl_params import SwirlParams, Unswirl

SIDE = 64


def built(degradation: Degradation | None = None, grid: int = 48) -> Unswirl:
    torch.manual_seed(0)
    module = SwirlParams(width=8, features=4, grid=grid).build(Task(SIDE, degradation or Swirl()))
    assert isinstance(module, Unswirl)
    return module.eval()


def scenes(n: int, side: int = SIDE) -> Tensor:
    """Smooth images with something to see at every radius, and no symmetry about the centre."""
    coarse = torch.rand((n, 3, 9, 9), generator=torch.Generator().manual_seed(n))
    return torch.nn.functional.interpolate(coarse, (side, side), mode="bicubic").clamp(0, 1)


def swirled(n: int, degradation: Swirl) -> Batch:
    clean = scenes(n)
    made = degradation.apply(clean, FreshDraw(n, torch.Generator().manual_seed(n)))
    return Batch(made.images, clean, made.region, truth=made.truth)


def psnr(restored: Tensor, clean: Tensor) -> float:
    return -10 * math.log10(float((restored.clamp(0, 1) - clean).square().mean()))


def test_without_training_it_removes_most_of_the_error() -> None:
    degradation = Swirl(strength=Range(2, 6))
    batch = swirled(12, degradation)
    with torch.no_grad():
        found = psnr(built(degradation)(batch.degraded), batch.clean)
    assert found > psnr(batch.degraded, batch.clean) + 6  # a quarter of the error


def test_with_one_possible_swirl_it_is_the_oracle() -> None:
    degradation = Swirl(
        strength=Range(5, 5), radius=Range(0.4, 0.4), rotation=Range(0.3, 0.3), centre_x=Range(0.4, 0.4)
    )
    batch, module = swirled(3, degradation), built(degradation)
    with torch.no_grad():
        assert torch.equal(module(batch.degraded), degradation.invert(batch.degraded, batch.truth))
        flow = SwirlParams().flow(module, batch.degraded)
    assert torch.equal(flow, degradation.flow(batch.truth, SIDE, SIDE))


def test_what_it_finds_lies_in_the_ranges_of_the_degradation() -> None:
    degradation = Swirl(strength=Range(-4, 3), radius=Range(0.3, 0.5))
    strength, radius = built(degradation).estimate(torch.rand(20, 3, SIDE, SIDE))[0].unbind(1)
    assert ((strength >= -4) & (strength <= 3)).all()
    assert ((radius >= 0.3 * SIDE - 1e-4) & (radius <= 0.5 * SIDE + 1e-4)).all()


@given(strength=st.floats(-12, 12), radius=st.floats(15, 40))
@settings(max_examples=30)
def test_angles_are_those_of_the_degradation(strength: float, radius: float) -> None:
    """The ring of a swirled image is the ring of the clean one, shifted by the angle."""
    module = built()
    angles = module.angles(torch.tensor([[[strength, radius]]]))[0, :, 0]
    expected = strength * torch.exp(-module.polar.radii / (radius * math.log(2) / 5))
    torch.testing.assert_close(angles, expected, rtol=1e-4, atol=1e-5)


def test_a_ring_of_the_swirled_image_is_the_clean_ring_turned() -> None:
    degradation = Swirl(strength=Range(2, 2), radius=Range(0.4, 0.4))
    batch, module = swirled(2, degradation), built(degradation)
    clean, found = (module.polar(x, batch.truth["centre"]) for x in (batch.clean, batch.degraded))
    angles = module.angles(torch.tensor([[[2.0, 0.4 * SIDE]]]))[0]  # (rings, 1)
    places = torch.arange(ANGLES) + angles * ANGLES / (2 * math.pi)
    turned_back = module.polar(batch.degraded, batch.truth["centre"], angles.T.expand(2, -1))
    assert (turned_back - clean).abs()[:, :, 12:].mean() < 0.02
    for channel in range(3):
        turned = circular(clean[:, channel], places.expand(2, -1, -1))
        assert (turned - found[:, channel]).abs()[:, 12:].mean() < 0.02


def dots(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Noise with a soft bright dot in each image, and where the dots are."""
    draw = torch.Generator().manual_seed(seed)
    places = 16 + 32 * torch.rand((n, 2), generator=draw)
    across, down = (torch.arange(SIDE) - places[:, i, None] for i in (0, 1))
    dot = torch.exp(-(across[:, None].square() + down[:, :, None].square()) / 18)
    return (0.2 * torch.rand((n, 3, SIDE, SIDE), generator=draw) + dot[:, None]).clamp(0, 1), places


def test_a_heatmap_learns_to_see_a_place_to_a_fraction_of_its_cells() -> None:
    torch.manual_seed(0)
    heatmap = Heatmap(3)
    optimizer = torch.optim.Adam(heatmap.parameters(), 3e-3)
    for step in range(40):
        optimizer.zero_grad()
        heatmap.loss(*dots(8, step)).backward()
        optimizer.step()
    images, places = dots(40, 1000)
    off = heatmap.place(images) - places
    assert off.norm(dim=1).median() < STRIDE / 4
    assert (off.mean(0).abs() < STRIDE / 8).all()  # to no side


def test_an_unknown_centre_is_learned_and_stays_in_its_range() -> None:
    degradation = Swirl(strength=Range(3, 6), centre_x=Range(0.4, 0.6), centre_y=Range(0.45, 0.45))
    batch, module = swirled(8, degradation), built(degradation).train()
    SwirlParams().training_step(module, batch, "all").backward()
    assert module.centre is not None
    assert all(p.grad is not None and p.grad.any() for p in module.centre.parameters())
    column, row = module.estimate(batch.degraded)[1].unbind(1)
    assert ((column - 0.5 * SIDE).abs() <= 0.1 * SIDE + 1e-4).all()
    torch.testing.assert_close(row, torch.full_like(row, 0.45 * SIDE))


def test_errors_are_zero_at_the_truth_and_grow_away_from_it() -> None:
    module = built()
    truth = torch.tensor([[10.0, 25.0]])
    away = truth[:, None] + torch.tensor([[0.0, 0.0], [0.1, 0.0], [0.3, 0.0], [1.0, 0.0]])
    errors = module.errors(away, truth)[0].tolist()
    assert errors[0] == pytest.approx(0, abs=1e-6)
    assert errors == sorted(errors)


def test_an_error_is_the_mean_squared_way_that_points_are_off() -> None:
    module = built()
    truth, other = torch.tensor([[10.0, 25.0]]), torch.tensor([[[9.0, 27.0]]])
    radii = module.polar.radii.double()
    a, b = (s * torch.exp(-radii * 5 / math.log(2) / r) for s, r in ((10.0, 25.0), (9.0, 27.0)))
    squares = (radii * a.cos() - radii * b.cos()) ** 2 + (radii * a.sin() - radii * b.sin()) ** 2
    expected = (squares * radii).sum() / radii.sum()
    assert module.errors(other, truth).item() == pytest.approx(float(expected), rel=1e-4)


def test_a_mirrored_image_is_corrected_the_other_way() -> None:
    torch.manual_seed(0)
    correction, rings, place = Correction(3), torch.rand(4, 3, RINGS, ANGLES), torch.rand(4, 2)
    assert not correction(rings, place).any()  # untrained, it takes no step
    torch.nn.init.normal_(correction.last.weight)
    step = correction(rings, place)
    assert step.abs().min() > 1e-5
    torch.testing.assert_close(correction(rings.flip(3), place), -step)


def test_circular_goes_round() -> None:
    table = torch.arange(ANGLES).float()[None, None]
    places = torch.tensor([[[0.0, 2.5, ANGLES + 2.5, 2.5 - 3 * ANGLES]]])
    assert circular(table, places).tolist() == [[[0.0, 2.5, 2.5, 2.5]]]
    assert circular(table, torch.tensor([[[ANGLES - 0.5]]])).item() == pytest.approx((ANGLES - 1) / 2)


def test_polar_rings_lie_about_the_centre() -> None:
    image = (torch.arange(SIDE).float() - 20).square() + (torch.arange(SIDE).float()[:, None] - 24).square()
    polar = Polar(SIDE)
    inside = (polar.radii < 19) & (polar.radii > 3)
    rings = polar(image.expand(1, 1, -1, -1), torch.tensor([[20.0, 24.0]])).sqrt()[0, 0, inside]
    torch.testing.assert_close(rings, polar.radii[inside, None].expand_as(rings), atol=0.3, rtol=0.02)


def test_training_learns() -> None:
    degradation = Swirl(strength=Range(2, 6))
    model, module, batch = SwirlParams(width=8, features=4), built(degradation).train(), swirled(8, degradation)
    optimizer, losses = torch.optim.Adam(module.parameters(), 0.02), []
    for _ in range(12):
        torch.manual_seed(0)
        loss = model.training_step(module, batch, "all")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert all(p.grad is not None and p.grad.any() for p in module.parameters())


@pytest.mark.parametrize(
    ("degradation", "reason"),
    [
        (GaussianBlur(), "nothing else"),
        (Swirl(region="face"), "of the whole image"),
        (Swirl(rotation=Range(0, 1)), "all of the image was turned besides"),
    ],
)
def test_says_what_it_cannot_do(degradation: Degradation, reason: str) -> None:
    assert reason in str(SwirlParams().unavailable(Task(SIDE, degradation)))
    assert SwirlParams().unavailable(Task(SIDE, Swirl())) is None


def test_a_search_first_covers_the_box_and_then_every_gap_it_left() -> None:
    box = Box((Range(2, 4), Range(-1, 1)), (1.0, 10.0))
    about, last = box.middle[None], math.inf
    for reach, count in box.levels(9, 5, rounds=3):
        points = box.grid(about, reach, count)
        spacing = 2 * reach * 10 / (count - 1)
        assert points.shape == (1, count**2, 2)
        assert points[0, :, 1].max() - points[0, :, 1].min() == pytest.approx(2 * reach * 10, rel=1e-5)
        assert reach * 10 >= min(10, last) - 1e-6  # so nothing lies between the last points that is out of reach
        last = spacing
    assert list(Box((Range(3, 3), Range(1, 1)), (1.0, 1.0)).levels(9, 5, rounds=3)) == []


def test_a_search_stays_in_the_box() -> None:
    box = Box((Range(2, 4), Range(-1, 1)), (1.0, 10.0))
    points = box.grid(torch.tensor([[4.0, -10.0]]), 0.5, 7)
    assert points[..., 0].max() == 4
    assert points[..., 1].min() == -10
