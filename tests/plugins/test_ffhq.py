"""ffhq on small trees of the official layout."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from benchbench import DataError
from benchbench_plugins.datasets.ffhq import Ffhq


def save(path: Path, level: int, side: int = 64) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (side, side), (level, 0, 0)).save(path)


@pytest.mark.parametrize(
    "layout", ["images1024x1024/00000/", "images1024x1024/", "thumbnails128x128/00000/", "00000/", ""]
)
def test_images_are_named_by_their_number_in_every_layout(tmp_path: Path, layout: str) -> None:
    for i in range(3):
        save(tmp_path / layout / f"0000{i}.png", 80 * i)
    (tmp_path / "ffhq-dataset-v2.json").write_text("{}")
    images = Ffhq(path=str(tmp_path)).load(16)
    assert images.ids == ["00000", "00001", "00002"]
    assert images.pixels[:, 0, 8, 8].tolist() == [0, 80, 160]
    assert images.splits is None


def test_large_images_come_before_thumbnails(tmp_path: Path) -> None:
    save(tmp_path / "images1024x1024/00000/00000.png", 200)
    save(tmp_path / "thumbnails128x128/00000/00000.png", 100)
    assert Ffhq(path=str(tmp_path)).load(16).pixels[0, 0, 0, 0] == 200
    assert Ffhq(path=str(tmp_path / "thumbnails128x128")).load(16).pixels[0, 0, 0, 0] == 100


def test_limit_label_and_version(tmp_path: Path) -> None:
    for i in range(3):
        save(tmp_path / f"0000{i}.png", i)
    dataset = Ffhq(path=str(tmp_path), limit=2)
    assert dataset.load(16).ids == ["00000", "00001"]
    assert dataset.label == "ffhq,limit=2"
    before = dataset.version()
    (tmp_path / "00002.png").unlink()
    assert dataset.version() != before


def test_equal_numbers_in_two_folders_stay_apart(tmp_path: Path) -> None:
    save(tmp_path / "a/00000.png", 1)
    save(tmp_path / "b/00000.png", 2)
    assert Ffhq(path=str(tmp_path)).load(16).ids == ["a/00000", "b/00000"]


def test_what_is_missing_is_said_with_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="NVlabs/ffhq-dataset"):
        Ffhq(path=str(tmp_path / "none")).load(16)
    with pytest.raises(DataError, match="holds no images"):
        Ffhq(path=str(tmp_path)).load(16)
