"""Low light halves the light a stop, and its noise is that of electrons counted."""

from __future__ import annotations

import pytest
import torch
from skimage.color.colorconv import rgb2xyz, xyz2rgb

from benchbench import Range
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.low_light import LowLight, gamma, linear


def fixed(value: float) -> Range:
    return Range(value, value)


def test_srgb_is_that_of_scikit_image() -> None:
    grey = torch.linspace(0, 1, 101).double()
    white = rgb2xyz([[[1.0, 1.0, 1.0]]])[0, 0]
    light = rgb2xyz(grey.view(-1, 1, 1).expand(-1, 1, 3).numpy())[:, 0, 1] / white[1]
    torch.testing.assert_close(linear(grey), torch.from_numpy(light), atol=1e-6, rtol=0)
    back = xyz2rgb(torch.from_numpy(light).view(-1, 1, 1).numpy() * white)[:, 0, 1]
    torch.testing.assert_close(gamma(torch.from_numpy(light)), torch.from_numpy(back), atol=1e-6, rtol=0)


@pytest.mark.parametrize("stops", [0, 1, 3])
def test_each_stop_halves_the_light(stops: int) -> None:
    clean = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    quiet = LowLight(fixed(stops), full_well=fixed(1e6), read=fixed(0))
    found = quiet.apply(clean.clone(), SeededDraw(0, "test", ["a"])).images
    torch.testing.assert_close(linear(found), linear(clean) / 2**stops, atol=5e-3, rtol=0)


@pytest.mark.parametrize(("well", "read"), [(1000, 0), (1000, 8), (300, 3)])
def test_its_noise_is_that_of_electrons(well: float, read: float) -> None:
    clean = torch.full((1, 1, 300, 300), 0.7)
    found = LowLight(fixed(1), fixed(well), fixed(read)).apply(clean.clone(), SeededDraw(0, "test", ["a"])).images
    electrons = well * linear(clean)[0, 0, 0, 0].item() / 2
    seen = linear(found) * well
    assert seen.mean().item() == pytest.approx(electrons, rel=0.01)
    assert seen.var().item() == pytest.approx(electrons + read**2, rel=0.03)
