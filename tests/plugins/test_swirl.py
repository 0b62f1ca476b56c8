"""The swirl is held against `skimage.transform.swirl`, image by image."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage import data, transform
from torch import Tensor

from benchbench import Range
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.swirl import Swirl, swirl

IDS = ["a", "b", "c"]


@pytest.fixture(scope="module")
def face() -> Tensor:
    """A photograph (1,3,96,96), smoothed to that size."""
    picture = transform.resize(data.astronaut()[0:256, 96:352], (96, 96), anti_aliasing=True)
    return torch.from_numpy(picture).float().permute(2, 0, 1)[None].contiguous()


def by_skimage(image: Tensor, strength: float, radius: float, rotation: float, centre: tuple[float, float]) -> Tensor:
    pixels = image.permute(1, 2, 0).double().numpy()
    turned = transform.swirl(pixels, center=centre, strength=strength, radius=radius, rotation=rotation)
    return torch.from_numpy(turned).float().permute(2, 0, 1)


def psnr(a: Tensor, b: Tensor) -> float:
    return -10 * math.log10(((a - b) ** 2).mean().item())


@pytest.mark.parametrize("factor", [2, 4])
def test_supersampling_comes_nearer_to_a_swirl_at_full_size(factor: int) -> None:
    full = torch.from_numpy(data.astronaut()[0:256, 96:352] / 255).float().permute(2, 0, 1)
    small = torch.nn.functional.avg_pool2d(full[None], 4)
    plain, finer = (Swirl(strength=Range(10, 10), radius=Range(0.45, 0.45), supersample=k) for k in (1, factor))
    reference = by_skimage(full, 10, 0.45 * 256, 0, (4 * 32 + 1.5, 4 * 32 + 1.5))  # the same point of the finer grid
    reference = torch.nn.functional.avg_pool2d(reference[None], 4)
    near, nearer = (psnr(d.apply(small, SeededDraw(0, "test", IDS[:1])).images, reference) for d in (plain, finer))
    assert nearer > near + 2


@given(factor=st.integers(1, 16), height=st.integers(2, 20), width=st.integers(2, 20))
@settings(max_examples=20, deadline=None)
def test_supersampling_alone_softens_nothing(factor: int, height: int, width: int) -> None:
    image = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(factor))
    still = Swirl(strength=Range(0, 0), supersample=factor)
    images = still.apply(image, SeededDraw(0, "test", IDS[:1])).images
    torch.testing.assert_close(images, image, atol=2e-3, rtol=0)  # positions are float32, times the factor


@given(
    strength=st.floats(-20, 20),
    radius=st.floats(3, 80),
    rotation=st.floats(-4, 4),
    centre=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    size=st.tuples(st.integers(2, 40), st.integers(2, 40)),
    channels=st.sampled_from([1, 3]),
)
@settings(max_examples=60, deadline=None)
def test_matches_skimage_for_any_parameters(
    strength: float,
    radius: float,
    rotation: float,
    centre: tuple[float, float],
    size: tuple[int, int],
    channels: int,
) -> None:
    height, width = size
    image = torch.rand(1, channels, height, width, generator=torch.Generator().manual_seed(height * width))
    middle = (centre[0] * width, centre[1] * height)
    parameters = [torch.tensor([value]) for value in (strength, radius, rotation, middle)]
    ours = swirl(image, *parameters)[0]
    assert (ours - by_skimage(image[0], strength, radius, rotation, middle)).abs().max() < 1e-3


def test_defaults_match_skimage_image_by_image(face: Tensor) -> None:
    result = Swirl().apply(face.expand(3, -1, -1, -1), SeededDraw(0, "test", IDS))
    for image, strength, radius in zip(result.images, result.truth["strength"], result.truth["radius"], strict=True):
        pixels = face[0].permute(1, 2, 0).double().numpy()
        reference = transform.swirl(pixels, strength=strength.item(), radius=radius.item())
        np.testing.assert_allclose(image.permute(1, 2, 0).numpy(), reference, atol=1e-3)


def test_parameters_lie_in_their_ranges_and_differ_between_images() -> None:
    draw = SeededDraw(0, "test", [str(i) for i in range(200)])
    truth = Swirl(centre_x=Range(0.2, 0.4)).apply(torch.rand(200, 1, 50, 100), draw).truth
    for key, low, high in (("strength", 8, 15), ("radius", 0.29 * 50, 0.49 * 50), ("rotation", 0, 0)):
        assert truth[key].min() >= low
        assert truth[key].max() <= high
    assert len(truth["strength"].unique()) > 150
    assert ((truth["centre"][:, 0] >= 20) & (truth["centre"][:, 0] <= 40)).all()
    assert (truth["centre"][:, 1] == 25).all()


def test_inverse_recovers_the_image(face: Tensor) -> None:
    degradation = Swirl(rotation=Range(-1, 1))
    result = degradation.apply(face, SeededDraw(0, "test", IDS[:1]))
    inside = (..., slice(24, 72), slice(24, 72))
    restored = degradation.invert(result.images, result.truth)
    assert psnr(restored[inside], face[inside]) > psnr(result.images[inside], face[inside]) + 6


def test_inverse_is_the_swirl_with_opposite_angles(face: Tensor) -> None:
    degradation = Swirl(strength=Range(9, 9), rotation=Range(0.5, 0.5))
    truth = degradation.apply(face, SeededDraw(0, "test", IDS[:1])).truth
    centre = (truth["centre"][0, 0].item(), truth["centre"][0, 1].item())
    reference = by_skimage(face[0], -9, truth["radius"].item(), -0.5, centre)
    torch.testing.assert_close(degradation.invert(face, truth)[0], reference, atol=1e-3, rtol=0)


def test_the_flow_says_where_the_inverse_takes_its_pixels_from(face: Tensor) -> None:
    degradation = Swirl(rotation=Range(-1, 1), centre_x=Range(0.4, 0.6), radius=Range(0.2, 0.3))
    images = face.expand(3, -1, -1, -1).contiguous()
    truth = degradation.apply(images, SeededDraw(0, "test", IDS)).truth
    flow = degradation.flow(truth, 96, 96).double().numpy()
    rows, columns = np.indices((96, 96))
    for inverse, (u, v) in zip(degradation.invert(images, truth), flow, strict=True):
        expected = ndimage.map_coordinates(face[0, 0].double().numpy(), (rows + v, columns + u), order=1, mode="mirror")
        np.testing.assert_allclose(inverse[0].numpy(), expected, atol=1e-3)


def test_region_is_the_disc_of_the_radius() -> None:
    degradation = Swirl(radius=Range(0.25, 0.25), centre_x=Range(0.4, 0.4))
    region = degradation.apply(torch.rand(1, 3, 40, 50), SeededDraw(0, "test", IDS[:1])).region
    row, column = np.indices((40, 50))
    disc = (row - 20) ** 2 + (column - 20) ** 2 <= 10**2
    assert region is not None
    np.testing.assert_array_equal(region[0, 0].numpy(), disc)


def test_outside_the_disc_points_move_less_than_at_its_edge() -> None:
    """On a ramp a pixel's change is its shift; ρ·exp(−ρ/r′) falls beyond the disc, where exp(−5 / ln 2) is left."""
    ramp = (torch.arange(96) / 96).expand(1, 1, 96, 96).contiguous()
    result = Swirl(radius=Range(0.3, 0.3)).apply(ramp, SeededDraw(0, "test", IDS[:1]))
    assert result.region is not None
    shift = (result.images - ramp).abs() * 96
    edge = result.truth["strength"] * math.exp(-5 / math.log(2)) * result.truth["radius"]
    assert (shift * ~result.region)[..., 1:-1].max() <= edge + 1e-3
    assert (shift * result.region).max() > 10


def test_no_strength_is_no_swirl(face: Tensor) -> None:
    images = Swirl(strength=Range(0, 0)).apply(face, SeededDraw(0, "test", IDS[:1])).images
    torch.testing.assert_close(images, face, atol=1e-4, rtol=0)


def test_a_batch_is_swirled_as_its_images_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a CPU a few at a time, whose maps stay in its cache."""
    from benchbench_plugins.degradations import swirl as module

    images = torch.rand(7, 3, 20, 24, generator=torch.Generator().manual_seed(0))
    turns = torch.linspace(-4, 4, 7), torch.linspace(5, 12, 7), torch.linspace(-1, 1, 7)
    centre = torch.stack([torch.linspace(8, 12, 7), torch.linspace(14, 9, 7)], 1)
    singly = torch.cat([swirl(*(t[i : i + 1] for t in (images, *turns, centre))) for i in range(7)])
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    for points in (1, 3 * 20 * 24, 100 * 20 * 24):
        monkeypatch.setattr(module, "CPU_POINTS", points)
        assert torch.equal(swirl(images, *turns, centre), singly)
