"""celebamask-hq on a small tree of the official layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchbench import DataError
from benchbench_plugins.datasets.celebamask_hq import CelebAMaskHq

NUMBERS = (0, 2, 10, 2000)
PARTS = ("skin", "nose", "l_eye", "r_eye", "l_brow", "r_brow", "mouth", "u_lip", "l_lip", "hair", "eye_g")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Images of 64x64; part k of PARTS is rows 2k and 2k + 1 of a 32x32 mask."""
    (tmp_path / "CelebA-HQ-img").mkdir()
    for number in NUMBERS:
        Image.new("RGB", (64, 64), (100, 80, 70)).save(tmp_path / "CelebA-HQ-img" / f"{number}.jpg")
        folder = tmp_path / "CelebAMask-HQ-mask-anno" / str(number // 2000)
        folder.mkdir(parents=True, exist_ok=True)
        for k, part in enumerate(PARTS):
            mask = np.zeros((32, 32, 3), np.uint8)
            mask[2 * k : 2 * k + 2] = 255
            Image.fromarray(mask).save(folder / f"{number:05d}_{part}.png")
    rows = "".join(f"{n}.jpg  {-1 if n else 1}  1\n" for n in NUMBERS)
    (tmp_path / "CelebAMask-HQ-attribute-anno.txt").write_text(f"{len(NUMBERS)}\nMale Young\n{rows}")
    return tmp_path


def test_images_come_in_the_order_of_their_numbers(root: Path) -> None:
    images = CelebAMaskHq(path=str(root)).load(32)
    assert images.ids == ["0", "2", "10", "2000"]
    assert images.attributes == {"Male": [1, 0, 0, 0], "Young": [1, 1, 1, 1]}
    assert images.identities is None
    assert images.splits is None


def test_the_face_is_the_union_of_its_parts_without_hair_and_glasses(root: Path) -> None:
    masks = CelebAMaskHq(path=str(root)).load(32).masks
    assert masks is not None
    for mask in masks[:, 0]:
        assert mask.all(1).tolist() == [row < 18 for row in range(32)]
        assert mask.any(1).tolist() == [row < 18 for row in range(32)]


def test_parts_stored_with_a_palette_are_read_by_their_colours(root: Path) -> None:
    expected = CelebAMaskHq(path=str(root)).load(32).masks
    for path in (root / "CelebAMask-HQ-mask-anno").rglob("*.png"):
        black = np.asarray(Image.open(path).convert("L")) == 0
        part = Image.fromarray(black.astype(np.uint8))
        part.putpalette([255, 255, 255, 0, 0, 0])  # white is 0, black is 1
        part.save(path)
    found = CelebAMaskHq(path=str(root)).load(32).masks
    assert expected is not None
    assert found is not None
    assert found.equal(expected)


def test_two_parts_that_share_a_pixel_fill_it_together(root: Path) -> None:
    """At 4x4, skin covers a quarter of the first row of pixels, and three more parts the rest."""
    masks = CelebAMaskHq(path=str(root)).load(4).masks
    assert masks is not None
    assert masks[0, 0].all(1).tolist() == [True, True, False, False]


def test_identities_and_splits_are_those_of_celeba(root: Path) -> None:
    mapping = "idx  orig_idx  orig_file\n" + "".join(f"{n}  {n + 7}  {n + 8:06d}.jpg\n" for n in NUMBERS)
    (root / "CelebA-HQ-to-CelebA-mapping.txt").write_text(mapping)
    (root / "identity_CelebA.txt").write_text("".join(f"{n + 8:06d}.jpg {n % 4}\n" for n in NUMBERS))
    splits = dict(zip(NUMBERS, (2, 0, 1, 0), strict=True))
    (root / "list_eval_partition.txt").write_text("".join(f"{n + 8:06d}.jpg {splits[n]}\n" for n in NUMBERS))
    images = CelebAMaskHq(path=str(root)).load(16)
    assert images.identities == ["0", "2", "2", "0"]
    assert images.splits == ["test", "train", "validation", "train"]


@pytest.mark.parametrize(
    "text",
    ["<!DOCTYPE html>\n<p>Sorry, quota exceeded</p>\n", "idx  orig_idx  orig_file\n0  8.jpg\n", "0 1 2\n0 x y.jpg\n"],
)
def test_a_mapping_that_is_none_is_refused(root: Path, text: str) -> None:
    (root / "CelebA-HQ-to-CelebA-mapping.txt").write_text(text)
    (root / "identity_CelebA.txt").write_text("".join(f"{n + 8:06d}.jpg {n % 4}\n" for n in NUMBERS))
    with pytest.raises(DataError, match=r"CelebA-HQ-to-CelebA-mapping\.txt"):
        CelebAMaskHq(path=str(root)).load(16)


def test_a_folder_inside_one_of_the_same_name_is_read(root: Path) -> None:
    plain = CelebAMaskHq(path=str(root)).load(16)
    for name in ("CelebA-HQ-img", "CelebAMask-HQ-mask-anno"):
        (root / name).rename(root / "x")
        (root / name).mkdir()
        (root / "x").rename(root / name / name)
    nested = CelebAMaskHq(path=str(root)).load(16)
    assert nested.ids == plain.ids
    assert nested.masks is not None
    assert nested.masks.equal(plain.masks)


def test_limit_label_and_version(root: Path) -> None:
    dataset = CelebAMaskHq(path=str(root), limit=3)
    assert dataset.load(16).ids == ["0", "2", "10"]
    assert dataset.label == "celebamask-hq,limit=3"
    before = dataset.version()
    (root / "CelebAMask-HQ-mask-anno/0/00002_nose.png").unlink()
    assert dataset.version() != before


def test_masks_are_optional(root: Path) -> None:
    (root / "CelebAMask-HQ-mask-anno").rename(root / "elsewhere")
    assert CelebAMaskHq(path=str(root)).load(16).masks is None


def test_what_is_missing_is_said_with_where_to_get_it(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(DataError, match="switchablenorms/CelebAMask-HQ"):
            CelebAMaskHq(path=str(path)).load(16)
