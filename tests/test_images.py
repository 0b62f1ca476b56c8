"""Pictures made of tiles: every image in its place, labels beside and above and never in one."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from benchbench.images import GAP, HEAD, LABEL, MOST_WEBP, TILE, tiled, webp, wrapped


def opened(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture)


def sheet(rows: int, columns: int, height: int, width: int) -> list[list[np.ndarray]]:
    return [
        [np.full((height, width, 3), 10 * row + column + 1, np.uint8) for column in range(columns)]
        for row in range(rows)
    ]


@pytest.mark.parametrize(("height", "width", "scale"), [(16, 16, 6), (120, 256, 1), (96, 96, 1), (20, 48, 2)])
@pytest.mark.parametrize("labelled", [True, False])
def test_every_image_is_in_its_place_whatever_the_labels(height: int, width: int, scale: int, labelled: bool) -> None:
    rows = sheet(2, 3, height, width)
    labels = ([["x" * 99] * 2, ["y\n" * 9] * 3]) if labelled else [[], []]
    picture = opened(tiled(rows, *labels))
    left, top = (LABEL, HEAD) if labelled else (GAP, GAP)
    for row in range(2):
        for column in range(3):
            y, x = top + row * (height * scale + GAP), left + column * (width * scale + GAP)
            found = np.unique(picture[y : y + height * scale, x : x + width * scale])
            assert found.tolist() == [10 * row + column + 1]
    assert picture.shape[1] == left + 3 * (width * scale + GAP)


def test_small_images_are_enlarged_to_about_the_size_of_a_tile() -> None:
    assert opened(tiled(sheet(1, 1, 32, 32))).shape == (TILE + 2 * GAP, TILE + 2 * GAP, 3)


def test_webp_is_to_the_bit_without_a_quality() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    assert np.array_equal(opened(webp(noise)), noise)
    assert len(webp(noise, 50)) < len(webp(noise))


def test_what_is_too_large_for_webp_shrinks() -> None:
    assert opened(webp(np.zeros((MOST_WEBP * 2, 20, 3), np.uint8))).shape == (MOST_WEBP, 10, 3)


def test_a_spec_is_broken_at_its_separators() -> None:
    assert wrapped("skip-autoencoder:kernel=5,skips=false\n12.50 dB").splitlines() == [
        "skip-autoencoder:", "kernel=5,skips=false", "12.50 dB",
    ]  # fmt: skip


@given(st.text(max_size=120))
def test_lines_are_few_and_short_and_the_last_one_stays(label: str) -> None:
    lines = wrapped(label + "\n20.00 dB").split("\n")
    assert len(lines) <= 4
    assert all(len(line) <= 22 for line in lines)
    assert lines[-1] == "20.00 dB"
    if len(lines) < 4:
        assert "".join(lines) == "".join((label + "\n20.00 dB").splitlines())
