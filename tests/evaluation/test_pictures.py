"""Sample pictures: what is written comes back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
import toys
from PIL import Image

from benchbench.data.degraded import DegradedSet, degraded_set
from benchbench.evaluation.pictures import lighten, read_samples, write_samples
from benchbench.images import png


@pytest.fixture
def pairs(cache: Path) -> DegradedSet:
    return degraded_set(toys.portraits(cache, toys.ToyFaces(60), 16), "test", toys.Darken(), cache)


@pytest.mark.parametrize("chosen", [[0], range(4), [3, 0, 2]])
def test_samples_come_back_to_the_bit(chosen: Sequence[int], pairs: DegradedSet, tmp_path: Path) -> None:
    restored = 1 - pairs.degraded / 255
    write_samples(tmp_path / "samples.png", pairs, restored, chosen)
    found = read_samples(tmp_path / "samples.png", 16)
    expected = {"input": pairs.degraded, "restored": 255 - pairs.degraded, "truth": pairs.clean}
    assert list(found) == list(expected)
    for row, images in expected.items():
        assert np.array_equal(found[row], images[list(chosen)].permute(0, 2, 3, 1).numpy())


def test_restored_images_are_clamped_not_wrapped(pairs: DegradedSet, tmp_path: Path) -> None:
    restored = torch.full(pairs.clean.shape, 1.5)
    restored[1] = -0.5
    write_samples(tmp_path / "samples.png", pairs, restored, [0, 1])
    found = read_samples(tmp_path / "samples.png", 16)["restored"]
    assert (found[0] == 255).all()
    assert (found[1] == 0).all()


@pytest.mark.parametrize(("whole", "rows"), [(True, ["input", "restored", "truth"]), (False, ["restored"])])
def test_samples_that_were_cut_stay_as_they_are(
    whole: bool, rows: list[str], pairs: DegradedSet, tmp_path: Path
) -> None:
    write_samples(tmp_path / "samples.png", pairs, pairs.degraded / 255, range(5))
    few = tmp_path / "samples.webp"
    few.write_bytes(lighten(tmp_path / "samples.png", 16, 4, whole=whole))
    found = read_samples(few, 16)
    assert list(found) == rows
    assert all(images.shape == (4, 16, 16, 3) for images in found.values())
    assert np.abs(found["restored"].astype(int) - pairs.degraded[:4].permute(0, 2, 3, 1).numpy()).mean() < 8
    assert lighten(few, 16, 4, whole=whole) == few.read_bytes()
    assert lighten(few, 16, 3, whole=whole) != few.read_bytes()


@pytest.mark.parametrize(("width", "height"), [(16, 32), (20, 48), (50, 16)])
def test_another_layout_is_refused(width: int, height: int, tmp_path: Path) -> None:
    Image.new("RGB", (width, height)).save(tmp_path / "other.png")
    with pytest.raises(ValueError, match=f"{width}×{height} px, which is no sample picture of 16 px"):
        read_samples(tmp_path / "other.png", 16)


def test_png_is_read_by_pillow_as_it_was(tmp_path: Path) -> None:
    image = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    (tmp_path / "image.png").write_bytes(png(image))
    with Image.open(tmp_path / "image.png") as picture:
        assert picture.format == "PNG"
        assert np.array_equal(np.asarray(picture), image)
