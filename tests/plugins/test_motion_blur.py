"""Motion blur is held against SciPy's uniform filter, its rotations, and the line it is the mean of."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from benchbench import Degraded, Range
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.motion_blur import MotionBlur

NOISELESS = Range(0, 0)


def noise(n: int = 2, channels: int = 3, height: int = 30, width: int = 34) -> torch.Tensor:
    return torch.rand(n, channels, height, width, generator=torch.Generator().manual_seed(0))


def blurred(images: torch.Tensor, length: Range, angle: Range) -> Degraded:
    return MotionBlur(length, angle, NOISELESS).apply(
        images, SeededDraw(0, "test", [str(i) for i in range(len(images))])
    )


def fixed(value: float) -> Range:
    return Range(value, value)


@given(
    length=st.integers(1, 60),
    size=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    channels=st.sampled_from([1, 3]),
)
@settings(max_examples=50, deadline=None)
def test_horizontal_blur_is_scipys_uniform_filter(length: int, size: tuple[int, int], channels: int) -> None:
    images = noise(2, channels, *size)
    ours = blurred(images, fixed(length), fixed(0)).images
    reference = ndimage.uniform_filter1d(images.double().numpy(), length, axis=3, mode="reflect")
    np.testing.assert_allclose(ours.numpy(), reference, atol=1e-5)


@pytest.mark.parametrize("length", [1, 5, 9])
def test_vertical_blur_is_scipys_uniform_filter_along_columns(length: int) -> None:
    images = noise()
    reference = ndimage.uniform_filter1d(images.numpy(), length, axis=2, mode="reflect")
    for angle in (90, -90, 270):
        ours = blurred(images, fixed(length), fixed(angle)).images
        np.testing.assert_allclose(ours.numpy(), reference, atol=1e-5)


@given(length=st.integers(1, 15), angle=st.floats(-180, 180))
@settings(max_examples=30, deadline=None)
def test_is_the_mean_of_points_along_the_line(length: int, angle: float) -> None:
    image = noise(1, 1)[0, 0].double().numpy()
    row, column = np.indices(image.shape).astype(float)
    steps = np.arange(length) - length // 2
    across, up = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    points = [
        ndimage.map_coordinates(image, (row - t * up, column + t * across), order=1, mode="reflect") for t in steps
    ]
    ours = blurred(torch.from_numpy(image)[None, None].float(), fixed(length), fixed(angle)).images[0, 0].numpy()
    inner = (slice(8, -8), slice(8, -8))
    np.testing.assert_allclose(ours[inner], np.mean(points, axis=0)[inner], atol=1e-5)


@pytest.mark.parametrize("angle", [Range(0, 0), Range(37, 37), Range(-90, 90)])
def test_known_kernel_explains_the_blur(angle: Range) -> None:
    images = noise(4)
    result = blurred(images, Range(1, 8), angle)
    for ours, clean, kernel in zip(result.images, images, result.truth["kernel"], strict=True):
        reference = ndimage.correlate(clean.numpy(), kernel.numpy(), mode="reflect")
        np.testing.assert_allclose(ours.numpy(), reference, atol=1e-5)


def test_a_fixed_angle_blurs_as_the_same_angle_drawn_does() -> None:
    images = noise()
    nearly = Range(33, np.nextafter(33, 34))
    torch.testing.assert_close(
        blurred(images, fixed(7), fixed(33)).images, blurred(images, fixed(7), nearly).images, atol=1e-5, rtol=0
    )


def test_lengths_are_whole_and_all_of_them_occur() -> None:
    length = blurred(noise(200, 1, 4, 4), Range(3, 6), fixed(0)).truth["length"]
    assert set(length.tolist()) == {3, 4, 5, 6}


def test_length_of_one_changes_nothing() -> None:
    images = noise()
    torch.testing.assert_close(blurred(images, fixed(1), Range(0, 180)).images, images, atol=1e-6, rtol=0)
