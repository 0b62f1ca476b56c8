"""An audit finds what was planted in a data set, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from sitters import astronaut
from torch import Tensor
from torch.nn import functional as F

from benchbench import Images, missing_faces
from benchbench.cli import main
from benchbench.data.audit import audit
from benchbench.data.detail import is_enlarged, is_grey
from benchbench_plugins.datasets.faces import Faces

SIZE = 96


@pytest.fixture(scope="module")
def portraits() -> Images:
    return Faces(n=40).load(SIZE)


def enlarged(pixels: Tensor, side: int) -> Tensor:
    small = F.interpolate(pixels.float(), (side, side), mode="bicubic", antialias=True)
    return F.interpolate(small, pixels.shape[2:], mode="bicubic").clamp(0, 255).round().byte()


@pytest.mark.parametrize("side", [24, 48, 64])
def test_what_was_enlarged_is_told_from_what_was_not(portraits: Images, side: int) -> None:
    assert is_enlarged(enlarged(portraits.pixels, side)).float().mean() > 0.9
    assert is_enlarged(portraits.pixels).float().mean() < 0.1


def test_grey_is_what_has_no_colour_but_for_the_rounding_of_jpeg(portraits: Images) -> None:
    grey = portraits.pixels[:4].float().mean(1, keepdim=True).round().byte().repeat(1, 3, 1, 1)
    off = (grey.float() + torch.tensor([2.0, 0.0, -3.0]).view(3, 1, 1)).clamp(0, 255).byte()
    assert is_grey(torch.cat([grey, off, portraits.pixels[:4]])).tolist() == [True] * 8 + [False] * 4


def test_copies_are_listed_with_their_splits_and_leak_where_these_are_official(
    portraits: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchbench.data.audit._faces", lambda pixels, tell: [torch.zeros(len(pixels), 1)])
    pixels = torch.cat([portraits.pixels[:3], portraits.pixels[1:2].flip(3)])
    twice = Images([*portraits.ids[:3], "again"], pixels, splits=["train", "train", "train", "test"])
    for images, leaks in ((twice, True), (replace(twice, splits=None), False)):
        [pair] = audit(images, "toys").duplicates
        assert (pair.first, pair.second, pair.leaks) == (portraits.ids[1], "again", leaks)


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """A folder with one person in two splits, on pictures that are no copies of each other, and three empty ones."""
    folder, grain = tmp_path / "photos", torch.Generator().manual_seed(0)
    folder.mkdir()
    near, far = (astronaut()[0, :, :side, left : left + side] for left, side in ((110, 230), (40, 380)))
    empty = torch.rand(3, 3, 200, 200, generator=grain)
    lines = ["file,split"]
    for name, picture in zip(("a", "b", "c", "d", "e"), (near, far, *empty), strict=True):
        Image.fromarray(picture.permute(1, 2, 0).mul(255).byte().numpy()).save(folder / f"{name}.png")
        lines.append(f"{name}.png,{'test' if name == 'b' else 'train'}")
    (folder / "attributes.csv").write_text("\n".join(lines))
    return folder


@pytest.mark.skipif(missing_faces() is not None, reason=str(missing_faces()))
def test_one_person_in_two_splits_is_found_and_shown(photographs: Path, tmp_path: Path) -> None:
    out = tmp_path / "audit"
    done = CliRunner().invoke(main, ["data", "audit", f"folder:{photographs}", "--json", "--out", str(out)])
    assert done.exit_code == 1, done.output
    facts = json.loads(done.stdout)
    [pair] = facts["persons"]
    assert pair["splits"] == ["train", "test"]
    assert pair["distance"] < 0.4
    assert [name[0] for name in facts["faceless"]] == ["c", "d", "e"]
    assert facts["duplicates"] == []
    assert json.loads((out / "audit.json").read_text()) == facts
    with Image.open(out / "persons.png") as sheet:
        assert sheet.width > 2 * 128
    assert not (out / "duplicates.png").exists()


def test_a_word_that_names_no_data_set_is_a_mistake() -> None:
    done = CliRunner().invoke(main, ["data", "audit", "portrait"])
    assert done.exit_code == 2
    assert "portrait" in done.stderr
