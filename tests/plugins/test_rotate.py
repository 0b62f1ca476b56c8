"""Rotation is held against `skimage.transform.rotate`, image by image."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import transform

from benchbench import Range
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.rotate import Rotate

IDS = [str(i) for i in range(6)]


@given(
    angle=st.floats(-360, 360),
    size=st.tuples(st.integers(2, 40), st.integers(2, 40)),
    channels=st.sampled_from([1, 3]),
)
@settings(max_examples=60, deadline=None)
def test_matches_skimage(angle: float, size: tuple[int, int], channels: int) -> None:
    image = torch.rand(1, channels, *size, generator=torch.Generator().manual_seed(0))
    ours = Rotate(Range(angle, angle)).apply(image, SeededDraw(0, "test", IDS[:1])).images[0]
    reference = transform.rotate(image[0].permute(1, 2, 0).double().numpy(), angle, clip=False)
    np.testing.assert_allclose(ours.permute(1, 2, 0).numpy(), reference, atol=1e-3)


def test_each_image_has_its_own_angle() -> None:
    images = torch.rand(6, 3, 24, 30)
    result = Rotate().apply(images, SeededDraw(0, "test", IDS))
    angles = result.truth["angle"]
    assert len(angles.unique()) == 6
    for ours, clean, angle in zip(result.images, images, angles.tolist(), strict=True):
        reference = transform.rotate(clean.permute(1, 2, 0).double().numpy(), angle, clip=False)
        np.testing.assert_allclose(ours.permute(1, 2, 0).numpy(), reference, atol=1e-3)


def test_a_quarter_turn_moves_pixels_counter_clockwise() -> None:
    images = torch.rand(1, 3, 16, 16)
    result = Rotate(Range(90, 90)).apply(images, SeededDraw(0, "test", IDS[:1]))
    inner = (..., slice(1, -1), slice(1, -1))
    torch.testing.assert_close(result.images[inner], images.rot90(1, (2, 3))[inner], atol=1e-4, rtol=0)


def test_inverse_brings_the_middle_back() -> None:
    wave = torch.linspace(0, 3, 64).sin()
    images = (wave * wave[:, None] * 0.9).expand(6, 3, 64, 64)
    degradation = Rotate(Range(-180, 180))
    result = degradation.apply(images, SeededDraw(0, "test", IDS))
    middle = (..., slice(20, 44), slice(20, 44))
    torch.testing.assert_close(
        degradation.invert(result.images, result.truth)[middle], images[middle], atol=2e-3, rtol=0
    )
