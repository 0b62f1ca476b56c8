"""lfw on a small tree of the official layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchbench import DataError
from benchbench_plugins.datasets.lfw import Lfw


@pytest.fixture
def root(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for person, count in (("Ann_Lee", 2), ("Bo_Ek", 1)):
        folder = tmp_path / "lfw_funneled" / person
        folder.mkdir(parents=True)
        for i in range(1, count + 1):
            pixels = rng.integers(0, 256, (250, 250, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{person}_{i:04d}.jpg")
    (tmp_path / "lfw_funneled" / "pairs_01.txt").write_text("Ann_Lee 1 2\n")
    return tmp_path


@pytest.mark.parametrize("inside", [False, True])
def test_folders_are_identities(root: Path, inside: bool) -> None:
    images = Lfw(path=str(root / "lfw_funneled" if inside else root)).load(32)
    assert images.ids == ["Ann_Lee_0001", "Ann_Lee_0002", "Bo_Ek_0001"]
    assert images.identities == ["Ann_Lee", "Ann_Lee", "Bo_Ek"]
    assert images.splits is None
    assert images.pixels.shape == (3, 3, 32, 32)


@pytest.mark.parametrize("outer", ["lfw-deepfunneled", "lfw"])
def test_a_folder_inside_one_of_the_same_name_is_read(root: Path, outer: str) -> None:
    (root / "lfw_funneled").rename(root / "people")
    (root / outer).mkdir()
    (root / "people").rename(root / outer / outer)
    for path in (root, root / outer):
        assert Lfw(path=str(path)).load(32).identities == ["Ann_Lee", "Ann_Lee", "Bo_Ek"]


def test_limit_takes_the_first(root: Path) -> None:
    assert Lfw(path=str(root), limit=2).load(16).ids == ["Ann_Lee_0001", "Ann_Lee_0002"]


def test_label_and_version(root: Path) -> None:
    dataset = Lfw(path=str(root), limit=2)
    assert dataset.label == "lfw,limit=2"
    before = dataset.version()
    next((root / "lfw_funneled").rglob("*.jpg")).unlink()
    assert dataset.version() != before


def test_what_is_missing_is_said_with_where_to_get_it(tmp_path: Path) -> None:
    Image.new("RGB", (20, 20)).save(tmp_path / "flat.jpg")
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(DataError, match=r"vis-www\.cs\.umass\.edu/lfw"):
            Lfw(path=str(path)).load(16)
