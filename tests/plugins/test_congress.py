"""congress on a small tree of the official layout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from photographs import save
from PIL import Image

from benchbench import DataError
from benchbench_plugins.datasets.congress import Congress

MEMBERS = {"A000001": ("M", "1950-02-03"), "B000002": ("F", "1961-11-30"), "C000003": ("F", None)}


def lists(folder: Path, form: str) -> None:
    """The last member is a historical one; the image of a fourth is in no list."""
    folder.mkdir(parents=True, exist_ok=True)
    members = [
        {"id": {"bioguide": i}, "name": {"last": "X"}, "bio": {"gender": g} | ({"birthday": b} if b else {})}
        for i, (g, b) in MEMBERS.items()
    ]
    for stem, part in (("legislators-current", members[:2]), ("legislators-historical", members[2:])):
        if form == "csv":
            rows = "".join(
                f"X,{m['bio'].get('birthday', '')},{m['bio']['gender']},{m['id']['bioguide']}\n" for m in part
            )
            text = "last_name,birthday,gender,bioguide_id\n" + rows
        elif form == "json":
            text = json.dumps(part)
        else:
            yaml = pytest.importorskip("yaml")
            text = yaml.safe_dump(part)
        (folder / f"{stem}.{form}").write_text(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for k, i in enumerate((*MEMBERS, "D000004")):
        image = Image.new("RGB", (45, 55), (0, 0, 60 * k))
        image.paste((200, 0, 0), (0, 45, 45, 55))  # below the square
        save(tmp_path / "images/congress/450x550", f"{i}.jpg", image, quality=95)
        save(tmp_path / "images/congress/225x275", f"{i}.jpg", image.resize((22, 27)))
    (tmp_path / "images/README.md").write_text("Images of Congress")
    return tmp_path / "images"


@pytest.mark.parametrize("form", ["csv", "json", "yaml"])
@pytest.mark.parametrize("place", ["", "congress-legislators", "../congress-legislators"])
def test_portraits_and_what_is_known_of_the_members(root: Path, form: str, place: str) -> None:
    lists(root / place, form)
    images = Congress(path=str(root)).load(32)
    assert images.ids == [*MEMBERS, "D000004"]
    assert images.attributes == {"gender": ["male", "female", "female", None], "birth_year": [1950, 1961, None, None]}
    assert images.skipped == [("legislators", "1 of 4 images has no line: D000004")]
    assert images.pixels[:, 0, :30].max() < 30  # the top square of the largest
    assert images.identities is None


@pytest.mark.parametrize("folder", ["congress", "congress/450x550/..", "congress/225x275/../.."])
def test_the_lists_are_optional_and_parts_of_a_checkout_will_do(root: Path, folder: str) -> None:
    images = Congress(path=str(root / folder), limit=2).load(16)
    assert images.ids == ["A000001", "B000002"]
    assert not images.attributes


@pytest.mark.parametrize(
    "text", ["", "<html>Sorry", "[]x", '[{"id": {}}]', '{"a": 1}', '[{"id": {"bioguide": "A"}, "bio": 3}]']
)
@pytest.mark.parametrize("form", ["csv", "json", "yaml"])
def test_what_is_no_list_is_named_or_says_nothing(root: Path, form: str, text: str) -> None:
    if form == "yaml":
        pytest.importorskip("yaml")
    (root / f"legislators-current.{form}").write_text(text)
    try:
        attributes = Congress(path=str(root)).load(16).attributes
    except DataError as error:
        attributes, message = {}, str(error)
    else:
        message = f"legislators-current.{form}"
    assert not attributes
    assert f"legislators-current.{form}" in message


def test_version_follows_the_lists_and_what_is_missing_is_said(root: Path, tmp_path: Path) -> None:
    before = Congress(path=str(root)).version()
    lists(root, "json")
    assert Congress(path=str(root)).version() != before
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"git clone https://github\.com/unitedstates/images"):
        Congress(path=str(tmp_path / "empty")).load(16)
