"""A mosaic is pixelation of the image without its first columns and rows, block by block."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchbench import Range
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.mosaic import Mosaic

IDS = [str(i) for i in range(40)]


def test_each_block_is_the_mean_of_its_pixels() -> None:
    images = torch.rand(40, 3, 17, 26, generator=torch.Generator().manual_seed(0))
    found = Mosaic(Range(1, 9)).apply(images.clone(), SeededDraw(0, "test", IDS))
    for ours, clean, block, offset in zip(found.images, images, *found.truth.values(), strict=True):
        expected = clean.clone()
        edges = [
            sorted({0, length, *np.arange(int(block) - int(shift), length, int(block))})
            for shift, length in ((offset[1], 17), (offset[0], 26))
        ]
        for top, bottom in zip(edges[0], edges[0][1:], strict=False):
            for left, right in zip(edges[1], edges[1][1:], strict=False):
                part = expected[:, top:bottom, left:right]
                part[:] = clean[:, top:bottom, left:right].mean((1, 2), keepdim=True)
        torch.testing.assert_close(ours, expected, atol=1e-5, rtol=0)


def test_means_midway_between_two_levels_are_rounded_alike_in_any_order_of_summing() -> None:
    levels = torch.randint(0, 256, (40, 1, 24, 24), generator=torch.Generator().manual_seed(0))
    found = Mosaic(Range(4, 4)).apply(levels / 255, SeededDraw(0, "test", IDS))
    for image, clean, offset in zip(found.images, levels, found.truth["offset"], strict=True):
        right, down = (4 - offset).int().tolist()
        sums = clean[0, down : down + 4, right : right + 4].sum()
        assert int((image[0, down, right] * 255).round()) == -((8 - sums) // 16)  # a half goes down


def test_every_offset_occurs() -> None:
    found = Mosaic(Range(3, 3)).apply(torch.zeros(200, 1, 8, 8), SeededDraw(0, "test", list(map(str, range(200)))))
    assert set(map(tuple, found.truth["offset"].int().tolist())) == {(i, j) for i in range(3) for j in range(3)}


def test_severity_draws_its_block_for_each_image() -> None:
    blocks = Mosaic().apply(torch.zeros(40, 1, 8, 8), SeededDraw(0, "test", IDS)).truth["block"]
    assert set(blocks.tolist()) == {6, 7, 8, 9}


@pytest.mark.parametrize("block", [40, 1000])
def test_a_block_larger_than_the_image_leaves_few_colours(block: int) -> None:
    images = torch.rand(40, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    found = Mosaic(Range(block, block)).apply(images, SeededDraw(0, "test", IDS)).images
    assert max(len(image.unique()) for image in (found * 1e4).round()) <= 4
