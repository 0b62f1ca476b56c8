"""folder: the attributes and the masks that belong to its images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from photographs import disc, noise, save
from PIL import Image

from benchbench import DataError
from benchbench_plugins.datasets.folder import Folder

# ── attributes ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("above", [False, True])
def test_attributes_are_matched_by_path_or_base_name(tmp_path: Path, above: bool) -> None:
    folder = tmp_path / "images"
    for name in ("a.png", "sub/b.png", "c.png"):
        save(folder, name)
    table = (tmp_path if above else folder) / "attributes.csv"
    table.write_text(
        "file,gender,year,score\nb.png,male,1950,0.5\na.png,,,1\ngone.png,male,1,1\n", encoding="utf-8-sig"
    )
    images = Folder(path=str(folder)).load(16)
    assert images.ids == ["a", "c", "sub/b"]
    assert images.attributes == {"gender": [None, None, "male"], "year": [None, None, 1950], "score": [1.0, None, 0.5]}


def test_a_folder_in_place_of_the_attributes_is_an_error(tmp_path: Path) -> None:
    save(tmp_path, "a.png")
    (tmp_path / "attributes.csv").mkdir()
    with pytest.raises(DataError, match=r"attributes\.csv: cannot be read as CSV"):
        Folder(path=str(tmp_path)).load(16)


def test_identity_and_split_are_taken_from_their_columns(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        save(tmp_path, name)
    rows = "file,identity,split\na.png,007,train\nb.png,7,val\nc.png,7,test\n"
    (tmp_path / "attributes.csv").write_text(rows)
    images = Folder(path=str(tmp_path)).load(16)
    assert images.identities == ["007", "7", "7"]
    assert images.splits == ["train", "validation", "test"]
    assert not images.attributes


@pytest.mark.parametrize("rows", ["a.png,Ann\n", "a.png,Ann\nb.png,\n", "1.png,Ann\n2.png,Ann\n"])
def test_incomplete_identities_are_refused_unless_they_are_to_be_ignored(tmp_path: Path, rows: str) -> None:
    for name in ("a.png", "b.png"):
        save(tmp_path, name)
    (tmp_path / "attributes.csv").write_text("file,identity\n" + rows)
    with pytest.raises(DataError, match=r"identity lacks [12] of 2 images \((a, )?b\).*identities=ignore"):
        Folder(path=str(tmp_path)).load(16)
    images = Folder(path=str(tmp_path), identities="ignore").load(16)
    assert images.identities is None
    assert images.attributes == {"identity": ["Ann" if "a.png" in rows else None, None]}


def test_incomplete_splits_are_refused(tmp_path: Path) -> None:
    for i in range(9):
        save(tmp_path, f"{i}.png")
    (tmp_path / "attributes.csv").write_text("file,split\n0.png,train\n")
    with pytest.raises(DataError, match=r"column split lacks 8 of 9 images \(1, 2, 3, 4, 5, …\)"):
        Folder(path=str(tmp_path)).load(16)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "first line"),
        (b"name,gender\na.png,male\n", "'file'"),
        (b"file,gender,gender\na.png,x,y\n", "name of its own"),
        (b"file,gender\na.png\n", "line 2 has 1 fields"),
        (b"file,gender\na.png,male,old\n", "line 2 has 3 fields"),
        (b"file,gender\na.png,x\na.png,y\n", "has a line already"),
        (b"file,gender\n,x\n", "no file name"),
        (b"file,gender\na.png,\xff\n", "UTF-8"),
        (b'file,gender\na.png,"x\n', "CSV"),
        (b"file,split\na.png,trian\nx/b.png,test\ny/b.png,test\n", "'trian'"),
        (b"file,gender\nb.png,x\n", "x/b.png or y/b.png"),
        (b"file,gender\na.png,x\n./a.png,y\n", "two lines"),
    ],
)
def test_a_malformed_table_is_named_with_its_problem(tmp_path: Path, content: bytes, problem: str) -> None:
    for name in ("a.png", "x/b.png", "y/b.png"):
        save(tmp_path, name)
    (tmp_path / "attributes.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"attributes\.csv") as error:
        Folder(path=str(tmp_path)).load(16)
    assert problem in str(error.value)


@given(st.binary(max_size=60))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_gives_attributes_or_a_data_error(tmp_path: Path, content: bytes) -> None:
    save(tmp_path, "a.png", noise(16, 16))
    (tmp_path / "attributes.csv").write_bytes(b"file,x\n" + content)
    try:
        attributes = Folder(path=str(tmp_path)).load(8).attributes
    except DataError as error:
        attributes, message = {"x": None}, str(error)
    else:
        message = "attributes.csv"
    assert set(attributes) == {"x"}
    assert "attributes.csv" in message


@pytest.mark.parametrize("place", ["images/masks", "masks", "elsewhere"])
@pytest.mark.parametrize("mode", ["L", "1", "RGB"])
def test_masks_are_cut_and_resized_like_their_images(tmp_path: Path, place: str, mode: str) -> None:
    folder = tmp_path / "images"
    save(folder, "sub/a.jpg", noise(64, 96))
    save(folder, "b.jpg")
    save(tmp_path / place, "sub/a.png", disc(128, 192, mode))
    params = {"masks": str(tmp_path / place)} if place == "elsewhere" else {}
    images = Folder(path=str(folder), **params).load(32)
    assert images.ids == ["b", "sub/a"]
    assert images.masks is not None
    assert not images.masks[0].any()
    expected = np.asarray(disc(32, 32)) > 0
    assert (images.masks[1, 0].numpy() != expected).mean() < 0.03


@pytest.mark.parametrize(
    ("mask", "why"),
    [
        (disc(96, 64), "proportions"),
        (Image.new("L", (64, 96), 0), "no pixel"),
        (Image.new("L", (64, 96), 127), "no pixel"),
        (Image.new("RGBA", (64, 96), (255, 255, 255, 0)), "no pixel"),
    ],
)
def test_a_mask_that_cannot_be_used_is_listed_and_its_image_kept(tmp_path: Path, mask: Image.Image, why: str) -> None:
    save(tmp_path, "a.png", noise(64, 96))
    save(tmp_path, "masks/a.png", mask)
    images = Folder(path=str(tmp_path)).load(32)
    assert images.masks is not None
    assert not images.masks.any()
    [(file, reason)] = images.skipped
    assert file == "masks/a.png"
    assert why in reason


def test_without_masks_there_are_none(tmp_path: Path) -> None:
    save(tmp_path, "a.png")
    assert Folder(path=str(tmp_path)).load(16).masks is None


def test_a_masks_folder_that_is_asked_for_must_exist(tmp_path: Path) -> None:
    save(tmp_path, "a.png")
    with pytest.raises(DataError, match="masks=PATH"):
        Folder(path=str(tmp_path), masks=str(tmp_path / "none")).load(16)
