"""easyportrait on a small tree of the official layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchbench import DataError
from benchbench_plugins.datasets.easyportrait import EasyPortrait

NAMES = {"train": ("d", "a"), "val": ("c",), "test": ("b",)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Images of 48x64 whose masks hold one class a column: 0 to 8 in bands, the rest background."""
    classes = np.zeros((64, 48), np.uint8)
    classes[:, :36] = np.arange(36) // 4  # nine bands of four pixels
    for folder, names in NAMES.items():
        for kind in ("images", "annotations"):
            (tmp_path / kind / folder).mkdir(parents=True)
        for name in names:
            Image.new("RGB", (48, 64), (120, 90, 80)).save(tmp_path / "images" / folder / f"{name}.jpg")
            Image.fromarray(classes).save(tmp_path / "annotations" / folder / f"{name}.png")
    return tmp_path


def test_official_splits_in_the_order_of_file_names(root: Path) -> None:
    images = EasyPortrait(path=str(root)).load(48)
    assert images.ids == ["train/a", "test/b", "val/c", "train/d"]
    assert images.splits == ["train", "test", "validation", "train"]
    assert not images.skipped


def test_the_face_is_skin_brows_eyes_lips_and_teeth(root: Path) -> None:
    masks = EasyPortrait(path=str(root)).load(48).masks
    assert masks is not None
    columns = masks[0, 0].all(0)
    assert columns.tolist() == [8 <= x < 36 for x in range(48)]
    assert (masks[0, 0] == columns).all()


def test_classes_stored_with_a_palette_are_read_as_classes(root: Path) -> None:
    path = root / "annotations/train/a.png"
    plain = EasyPortrait(path=str(root)).load(48).masks
    mask = Image.open(path)
    mask.putpalette([255 - i for i in range(256) for _ in range(3)])
    mask.save(path)
    with_palette = EasyPortrait(path=str(root)).load(48).masks
    assert plain is not None
    assert with_palette is not None
    assert (plain == with_palette).all()


def test_an_image_without_annotation_has_an_empty_mask(root: Path) -> None:
    (root / "annotations/train/a.png").unlink()
    masks = EasyPortrait(path=str(root)).load(48).masks
    assert masks is not None
    assert masks.flatten(1).any(1).tolist() == [False, True, True, True]


def test_a_limit_that_leaves_a_split_empty_gives_up_the_official_splits(root: Path) -> None:
    images = EasyPortrait(path=str(root), limit=2).load(16)
    assert images.ids == ["train/a", "test/b"]
    assert images.splits is None


def test_folders_of_splits_may_be_links(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    plain, elsewhere = EasyPortrait(path=str(root)).load(48), tmp_path_factory.mktemp("disk")
    for kind in ("images", "annotations"):
        (root / kind / "train").rename(elsewhere / kind)
        (root / kind / "train").symlink_to(elsewhere / kind, target_is_directory=True)
    linked = EasyPortrait(path=str(root)).load(48)
    assert linked.ids == plain.ids
    assert linked.masks is not None
    assert linked.masks.equal(plain.masks)
    assert not linked.skipped


def test_label_and_version(root: Path) -> None:
    dataset = EasyPortrait(path=str(root), crop="top", limit=3)
    assert dataset.label == "easyportrait,crop=top,limit=3"
    before = dataset.version()
    (root / "annotations/val/c.png").unlink()
    assert dataset.version() != before


@pytest.mark.parametrize("folder", ["", "images"])
def test_what_is_missing_is_said_with_where_to_get_it(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(DataError, match="hukenovs/easyportrait"):
            EasyPortrait(path=str(path)).load(16)
