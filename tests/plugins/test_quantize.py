"""Quantisation: how many levels, which, and that the nearest is taken."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from benchbench import Range
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.quantize import Quantize


def quantized(images: torch.Tensor, low: float, high: float | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    draw = SeededDraw(0, "test", [str(i) for i in range(len(images))])
    result = Quantize(Range(low, low if high is None else high)).apply(images.clone(), draw)
    return result.images, result.truth["levels"]


@given(levels=st.integers(2, 256), channels=st.sampled_from([1, 3]))
@settings(max_examples=40, deadline=None)
def test_each_value_becomes_the_nearest_level(levels: int, channels: int) -> None:
    clean = torch.rand(1, channels, 15, 17, generator=torch.Generator().manual_seed(levels))
    ours = quantized(clean, levels)[0].double().numpy()
    ladder = np.linspace(0, 1, levels)
    np.testing.assert_allclose(np.abs(ours[..., None] - ladder).min(-1), 0, atol=1e-6)
    np.testing.assert_array_less(np.abs(ours - clean.numpy()), 0.5 / (levels - 1) + 1e-6)


def test_two_levels_are_pillows_threshold() -> None:
    grey = torch.arange(256).view(1, 1, 16, 16) / 255
    image = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).point(lambda v: 255 * (v > 127))
    np.testing.assert_array_equal(quantized(grey, 2)[0][0, 0].numpy() * 255, np.asarray(image))


def test_all_256_levels_keep_8_bit_images() -> None:
    images = torch.arange(256).view(1, 1, 16, 16) / 255
    torch.testing.assert_close(quantized(images, 256)[0], images, atol=1e-6, rtol=0)


def test_each_image_has_its_own_whole_number_of_levels() -> None:
    ramp = torch.linspace(0, 1, 1000).view(1, 1, 20, 50).expand(120, -1, -1, -1)
    images, levels = quantized(ramp, 2, 5)
    assert set(levels.tolist()) == {2, 3, 4, 5}
    assert [len(image.unique()) for image in images] == levels.int().tolist()


def test_twice_is_once() -> None:
    once, _ = quantized(torch.rand(1, 3, 9, 9), 5)
    assert torch.equal(quantized(once, 5)[0], once)
