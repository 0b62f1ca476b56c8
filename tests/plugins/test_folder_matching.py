"""folder: lines of a table and masks find their images however they are spelt, and what finds none is said."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest
from photographs import disc, noise, save

from benchbench import DataError, Images
from benchbench_plugins.datasets.folder import Folder

NFC, NFD = (unicodedata.normalize(form, "Zoë") for form in ("NFC", "NFD"))


def loaded(folder: Path, names: Sequence[str], table: str, **params: str) -> Images:
    for name in names:
        save(folder, name, noise(16, 16))
    (folder / "attributes.csv").write_text(table, encoding="utf-8")
    return Folder(path=str(folder), **params).load(16)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (f"{NFD}.png", f"{NFC}.png"),
        (f"{NFC}.png", f"{NFD}.png"),
        ("a.png", "a"),
        ("a.png", "a.jpg"),
        ("a.b.png", "a.b"),
        ("IMG_1.JPG", "img_1.jpg"),
        ("sub/A.png", "SUB\\a"),
        ("sub/a.png", "old/place/sub/a.png"),
    ],
)
def test_a_line_finds_its_image_however_it_is_spelt(tmp_path: Path, file: str, line: str) -> None:
    images = loaded(tmp_path, [file, "other.png"], f"file,gender\n{line},female\nother.png,male\n")
    assert sorted(images.attributes["gender"]) == ["female", "male"]
    assert not images.skipped


def test_a_looser_spelling_never_takes_what_an_exact_one_names(tmp_path: Path) -> None:
    images = loaded(tmp_path, ["a.png", "A.png"], "file,x\nA.png,2\na.png,1\nA,3\n")
    assert images.attributes["x"] == [2, 1]
    assert images.skipped == [("attributes.csv", "1 of its 3 lines fits no image: A")]


def test_lines_and_images_that_find_nothing_are_counted_and_shown(tmp_path: Path) -> None:
    names = [f"{i:05d}.png" for i in range(9)]
    images = loaded(tmp_path, names, "file,x\n" + "".join(f"{i}.png,1\n" for i in range(9)))
    assert images.attributes["x"] == [None] * 9
    assert images.skipped == [
        ("attributes.csv", "9 of its 9 lines fit no image: 0.png, 1.png, 2.png, …"),
        ("attributes.csv", "9 of 9 images have no line: 00000.png, 00001.png, 00002.png, …"),
    ]


def test_one_line_that_lacks_is_said(tmp_path: Path) -> None:
    images = loaded(tmp_path, ["a.png", "b.png", "c.png"], "file,x\na.png,1\nc.png,3\n")
    assert images.attributes["x"] == [1, None, 3]
    assert images.skipped == [("attributes.csv", "1 of 3 images has no line: b.png")]


@pytest.mark.parametrize("name", ["Attributes.csv", "ATTRIBUTES.CSV"])
def test_the_table_is_known_in_any_case(tmp_path: Path, name: str) -> None:
    save(tmp_path, "a.png", noise(16, 16))
    (tmp_path / name).write_text("file,x\na.png,1\n")
    dataset = Folder(path=str(tmp_path))
    assert dataset.load(16).attributes == {"x": [1]}


@pytest.mark.parametrize(
    "name", ["set/sub/attributes.csv", "set/attributes.xlsx", "set/attributes.csv.txt", "attributes.csv"]
)
def test_a_table_that_is_not_read_is_said(tmp_path: Path, name: str) -> None:
    loaded(tmp_path / "set", ["a.png", "sub/b.png"], "file,x\na.png,1\nb.png,2\n")
    (tmp_path / name).write_text("file,identity\nb.png,ann\n")
    images = Folder(path=str(tmp_path / "set")).load(16)
    assert images.attributes == {"x": [1, 2]}
    [(file, why)] = images.skipped
    assert Path(name).name == Path(file).name
    assert "not read" in why


def test_one_person_written_in_two_forms_is_one_person(tmp_path: Path) -> None:
    images = loaded(tmp_path, ["a.png", "b.png"], f"file,identity\na.png,{NFC}\nb.png,{NFD}\n")
    assert images.identities == [NFC, NFC]


def test_an_image_is_named_alike_wherever_its_file_was_copied_from(tmp_path: Path) -> None:
    for form in (NFC, NFD):
        assert loaded(tmp_path / form, [f"{form}.png", "a.png"], "file\n").ids == [NFC, "a"]


def test_names_that_differ_in_their_form_alone_stay_apart(tmp_path: Path) -> None:
    assert sorted(loaded(tmp_path, [f"{NFC}.png", f"{NFD}.png"], "file\n").ids) == sorted([NFC, NFD])


@pytest.mark.parametrize(
    ("file", "mask"),
    [
        ("f00.png", "f00_mask.png"),
        ("f00.png", "F00-Mask.png"),
        ("f00.png", "mask_f00.png"),
        ("F00.jpg", "f00.png"),
        (f"{NFC}.png", f"{NFD}_mask.png"),
        ("sub/f00.png", "f00.png"),
        ("f00_mask.png", "f00_mask.png"),
    ],
)
def test_a_mask_finds_its_image_however_it_is_spelt(tmp_path: Path, file: str, mask: str) -> None:
    save(tmp_path / "set", file)
    save(tmp_path / "masks", mask, disc(40, 40))
    images = Folder(path=str(tmp_path / "set")).load(16)
    assert images.masks is not None
    assert images.masks.any()
    assert not images.skipped


def test_masks_and_images_that_find_nothing_are_counted_and_shown(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "x/c.png", "y/c.png"):
        save(tmp_path, name)
    for name in ("a.png", "1.png", "c.png"):
        save(tmp_path / "masks", name, disc(40, 40))
    images = Folder(path=str(tmp_path)).load(16)
    assert images.masks is not None
    assert images.masks.flatten(1).any(1).tolist() == [True, False, False, False]
    assert images.skipped == [
        ("masks", "2 of its 3 masks fit no image, or several: 1.png, c.png"),
        ("masks", "3 of 4 images have no mask: b.png, x/c.png, y/c.png"),
    ]


@pytest.mark.parametrize("values", [(10, 200), (0, 1), (200, 3)])
def test_a_mask_with_a_palette_is_read_by_its_colours(tmp_path: Path, values: tuple[int, int]) -> None:
    """White on the face stays so, whichever index stands for it."""
    white, black = values
    mask = disc(40, 40).point([black] * 255 + [white]).convert("L")
    palette = [90] * 768
    palette[3 * white : 3 * white + 3], palette[3 * black : 3 * black + 3] = [255] * 3, [0] * 3
    mask.putpalette(palette)
    save(tmp_path, "a.png")
    save(tmp_path, "masks/a.png", mask)
    save(tmp_path, "b.png")
    save(tmp_path, "masks/b.png", disc(40, 40))
    images = Folder(path=str(tmp_path)).load(32)
    assert images.masks is not None
    assert images.masks[0].equal(images.masks[1])


def test_a_line_that_fits_two_images_loosely_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'a' may be a\.jpg or a\.png"):
        loaded(tmp_path, ["a.jpg", "a.png"], "file,x\na,1\n")
