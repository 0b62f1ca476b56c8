"""The shifts of lightness and hue: known colours, regions, and scikit-image as the reference."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import lab2rgb, rgb2lab
from torch import Tensor

from benchbench_plugins.metrics.hue_shift import HueShift
from benchbench_plugins.metrics.lightness_shift import LightnessShift


def plain(lightness: float, a: float, b: float) -> Tensor:
    """An image `(1, 3, 8, 8)` of one colour of CIELAB."""
    rgb = lab2rgb(np.array([[[lightness, a, b]]], float))
    return torch.from_numpy(rgb).permute(2, 0, 1)[None].float().expand(1, 3, 8, 8)


@given(st.floats(30, 80), st.floats(-15, 15))
def test_the_lightness_shift_is_the_difference_of_lightness(lightness: float, shift: float) -> None:
    found = LightnessShift()(plain(lightness + shift, 5, 8), plain(lightness, 5, 8))
    assert found.item() == pytest.approx(shift, abs=0.01)


@given(st.floats(-179, 179), st.floats(-170, 170))
def test_the_hue_shift_is_the_angle_between_two_hues_whichever_way_is_shorter(start: float, turn: float) -> None:
    before, after = (
        plain(60, 12 * math.cos(math.radians(h)), 12 * math.sin(math.radians(h))) for h in (start, start + turn)
    )
    assert HueShift()(after, before).item() == pytest.approx(turn, abs=0.1)


def test_a_lighter_skin_is_positive_and_a_redder_one_negative() -> None:
    skin = plain(55, 14, 20)
    assert LightnessShift()(plain(60, 14, 20), skin).item() > 0
    assert HueShift()(plain(55, 18, 16), skin).item() < 0


def test_only_the_face_counts_inside_the_face() -> None:
    clean = plain(50, 14, 20).clone()
    restored = clean.clone()
    restored[..., 4:] = plain(80, -10, -10)[..., 4:]
    face = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    face[..., :4] = True
    for metric in (LightnessShift(), HueShift()):
        assert metric(restored, clean, face).item() == 0
        assert abs(metric(restored, clean, ~face).item()) > 10


def test_grey_has_no_hue() -> None:
    grey, skin = plain(50, 0, 0), plain(50, 14, 20)
    assert HueShift()(skin, grey).isnan().all()
    assert HueShift()(grey, skin).isnan().all()


def test_it_is_scikit_images_lightness() -> None:
    images = torch.rand(2, 3, 9, 7, generator=torch.Generator().manual_seed(0))
    other = images.flip(0)
    expected = [rgb2lab(i.permute(1, 2, 0).double().numpy())[..., 0].mean() for i in (images[0], other[0])]
    assert LightnessShift()(images, other)[0].item() == pytest.approx(expected[0] - expected[1], abs=1e-5)
