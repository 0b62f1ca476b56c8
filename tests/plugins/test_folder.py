"""folder: which files it finds, in which order, under which names, and what its version follows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from photographs import disc, encoded, noise, save

from benchbench_plugins.datasets._finding import unique_ids
from benchbench_plugins.datasets.folder import Folder

# ── names and order ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_images_are_sorted_by_path_and_named_without_suffix(tmp_path: Path) -> None:
    for name in ("b.png", "sub/deep/c.png", "a.JPG", "sub/a.png"):
        save(tmp_path, name)
    assert Folder(path=str(tmp_path)).load(16).ids == ["a", "b", "sub/a", "sub/deep/c"]


def test_files_that_differ_in_suffix_keep_it(tmp_path: Path) -> None:
    for name in ("a.png", "a.jpg", "b.png"):
        save(tmp_path, name)
    assert Folder(path=str(tmp_path)).load(16).ids == ["a.jpg", "a.png", "b"]


@given(st.sets(st.from_regex(r"[ab](/[ab])?(\.(png|jpg)){1,3}", fullmatch=True), max_size=12))
@settings(max_examples=30, deadline=None)
def test_ids_are_always_unique(names: set[str]) -> None:
    ids = unique_ids(sorted(names))
    assert len(set(ids)) == len(names)
    assert all(name.startswith(i) for i, name in zip(ids, sorted(names), strict=True))


def test_hidden_files_and_other_files_are_ignored_in_silence(tmp_path: Path) -> None:
    save(tmp_path, "a.png")
    save(tmp_path, ".hidden.png")
    save(tmp_path, ".cache/b.png")
    (tmp_path / "notes.txt").write_text("not an image")
    images = Folder(path=str(tmp_path)).load(16)
    assert images.ids == ["a"]
    assert not images.skipped


def test_order_and_pixels_do_not_depend_on_the_number_of_images(tmp_path: Path) -> None:
    for i in range(30):
        save(tmp_path, f"{i:02d}.png", noise(seed=i))
    whole, part = Folder(path=str(tmp_path)).load(16), Folder(path=str(tmp_path), limit=7).load(16)
    assert part.ids == whole.ids[:7]
    assert torch.equal(part.pixels, whole.pixels[:7])


def test_limit_counts_images_that_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"broken")
    save(tmp_path, "b.png")
    save(tmp_path, "c.png")
    images = Folder(path=str(tmp_path), limit=1).load(16)
    assert images.ids == ["b"]
    assert [file for file, _ in images.skipped] == ["a.png"]


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    save(tmp_path, "mine/a.png")
    assert Folder(path="~/mine").load(16).ids == ["a"]


# ── identity ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("changed", ["images/a.png", "images/new.png", "masks/a.png", "attributes.csv"])
def test_version_follows_every_file_that_matters(tmp_path: Path, changed: str) -> None:
    save(tmp_path, "images/a.png")
    save(tmp_path, "masks/a.png", disc(40, 40))
    (tmp_path / "attributes.csv").write_text("file,x\na.png,1\n")
    dataset = Folder(path=str(tmp_path / "images"))
    before = dataset.version()
    assert dataset.version() == before
    (tmp_path / changed).write_bytes(encoded(noise(50, 50, seed=3), "PNG"))
    assert dataset.version() != before


def test_version_follows_a_file_whose_size_and_time_stay(tmp_path: Path) -> None:
    image, dataset = tmp_path / "a.bmp", Folder(path=str(tmp_path))
    image.write_bytes(encoded(noise(50, 50, seed=1), "BMP"))
    before, version = image.stat(), dataset.version()
    image.write_bytes(encoded(noise(50, 50, seed=2), "BMP"))
    os.utime(image, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert image.stat().st_size == before.st_size
    assert dataset.version() != version


def test_version_ignores_files_that_are_no_part_of_the_set(tmp_path: Path) -> None:
    save(tmp_path, "a.png")
    before = Folder(path=str(tmp_path)).version()
    (tmp_path / "notes.txt").write_text("x")
    assert Folder(path=str(tmp_path)).version() == before


@pytest.mark.parametrize(
    ("path", "params", "label"),
    [
        ("../shared/portraits/images", {}, "folder-portraits"),
        ("/srv/portraits/data/img/", {}, "folder-portraits"),
        ("/srv/newcomer/PHOTOS", {}, "folder-photos"),
        ("/srv/My Family (2024)", {}, "folder-my-family-2024"),
        ("/", {}, "folder-images"),
        ("/srv/Люди", {}, "folder-srv"),
        ("/srv/faces", {"crop": "centre", "limit": 10}, "folder-faces,crop=centre,limit=10"),
        ("/srv/faces", {"masks": "/x/Face Masks"}, "folder-faces,masks=face-masks"),
    ],
)
def test_label_is_short_and_has_no_path(path: str, params: dict[str, Any], label: str) -> None:
    assert Folder(path=path, **params).label == label
