"""Photographs in files: read by one set of rules, degraded, restored, and none overwritten."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import sitters
import torch
import toys
from photographs import odd_exif
from PIL import Image
from skimage import data

from benchbench import DataError
from benchbench.cli import main
from benchbench.cli import photos as command
from benchbench.data.faces import _dlib
from benchbench.photos import files
from benchbench.photos.framing import face_mask
from benchbench.photos.restorer import Restorer
from benchbench_plugins.degradations.pixelate import Pixelate


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "someone.jpg"
    Image.fromarray(data.astronaut()[:90, 150:210]).save(path)
    return path


def call(*words: object) -> int:
    """Run a command, and return its exit code."""
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    return int(end.value.code or 0)


def test_a_photograph_is_turned_upright(tmp_path: Path, photograph: Path) -> None:
    image = Image.open(photograph)
    exif = image.getexif()
    exif[0x0112] = 6  # a quarter turn
    image.save(tmp_path / "turned.jpg", exif=exif)
    assert files.read(photograph).shape == (1, 3, 90, 60)
    assert files.read(tmp_path / "turned.jpg").shape == (1, 3, 60, 90)


def test_16_bits_are_scaled_not_clipped(tmp_path: Path, photograph: Path) -> None:
    grey = np.asarray(Image.open(photograph).convert("L"))
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    assert torch.equal(files.read(tmp_path / "deep.png")[0, 0], torch.from_numpy(grey.astype(np.float32)) / 255)


def test_photographs_are_read_by_the_rules_of_data_sets(tmp_path: Path, photograph: Path) -> None:
    Image.new("RGBA", (32, 32), (0, 0, 0, 0)).save(tmp_path / "transparent.png")
    assert (files.read(tmp_path / "transparent.png") == 1).all()
    Image.new("F", (32, 32), 0.5).save(tmp_path / "float.tif")
    image = Image.open(photograph)
    image.save(tmp_path / "animated.gif", save_all=True, append_images=[image.rotate(90)])
    for name, reason in {"float.tif": "floating-point", "animated.gif": "more than one frame"}.items():
        with pytest.raises(DataError, match=rf"{name} cannot be read as an image: .*{reason}"):
            files.read(tmp_path / name)


def test_metadata_that_nobody_can_read_cost_no_photograph(tmp_path: Path, photograph: Path) -> None:
    """A resolution of -1/0, and an interoperability tag of type text: Pillow raises at both."""
    Image.open(photograph).save(tmp_path / "odd.jpg", exif=odd_exif())
    assert call("degrade", tmp_path / "odd.jpg", "--with", "none", "--out", tmp_path) == 0
    with Image.open(tmp_path / "odd-none.png") as picture:
        assert picture.size == (90, 60)  # which its orientation says


@pytest.mark.parametrize("mode", ["I;16", "LA", "P", "1"])
def test_a_photograph_is_turned_upright_whatever_its_pixels_are(tmp_path: Path, photograph: Path, mode: str) -> None:
    grey, exif = Image.open(photograph).convert("L"), Image.Exif()
    exif[0x0112] = 6
    stored = Image.fromarray(np.asarray(grey, np.uint16) * 257) if mode == "I;16" else grey.convert(mode)
    stored.save(tmp_path / "turned.png", exif=exif)
    expected = torch.from_numpy(np.asarray(grey.convert("1" if mode == "1" else "L").convert("L")).copy()).rot90(-1)
    assert torch.equal(files.read(tmp_path / "turned.png")[0, 0], expected.float() / 255)


def test_what_is_no_image_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"x\.jpg cannot be read"):
        files.read(tmp_path / "x.jpg")


def test_degrading_keeps_size_and_aspect(photograph: Path) -> None:
    before = files.read(photograph)
    after = files.degrade(before, toys.Darken(0.5), 0, "someone")  # type: ignore[arg-type]
    assert after.shape == before.shape
    assert torch.allclose(after, before * 0.5, atol=0.51 / 255)


def test_a_face_is_degraded_and_nothing_else() -> None:
    photo, confined = sitters.astronaut(), Pixelate(block=16, region="face")
    faces = files.faces_for(confined, photo)
    assert len(faces) == 1
    assert faces[0].overlaps(sitters.FACE)
    degraded, mask = files.degrade(photo, confined, 0, "x", faces), face_mask(faces, 512, 512)
    assert torch.equal(degraded[~mask.expand_as(photo)], photo[~mask.expand_as(photo)])
    assert torch.equal(degraded[mask.expand_as(photo)], sitters.pixelated(photo, 16)[mask.expand_as(photo)])
    assert files.faces_for(Pixelate(), photo) == ()
    with pytest.raises(DataError, match="no face is found"):
        files.faces_for(confined, photo[..., 200:, :])


def test_a_face_is_restored_into_files_and_a_picture_that_can_be_looked_at(tmp_path: Path) -> None:
    large = torch.nn.functional.pad(sitters.astronaut(), (0, 388, 0, 0), value=0.5)  # 900 px wide
    files.write(tmp_path / "me.png", sitters.pixelated(large, 8))  # a face of 13 blocks, of 8 in training
    restorer, wish = sitters.restorer(tmp_path), files.Wish(faces=[sitters.FACE], anyway=True)
    told = files.restore_file(tmp_path / "me.png", restorer, wish, tmp_path / "out" / "me")
    assert files.read(Path(told["restored"])).shape == (1, 3, 512, 900)
    assert told["found"][0]["box"] == (171, 62, 106)
    with Image.open(told["before_after"]) as picture:
        assert picture.width == 2 * 644  # the photograph shrinks to 640 px, and the face is shown below it
        assert picture.height > 364 + 2 * 150


def test_nothing_is_written_where_no_face_is_found_or_none_suffers(tmp_path: Path) -> None:
    files.write(tmp_path / "clean.png", sitters.astronaut())
    files.write(tmp_path / "none.png", torch.linspace(0, 1, 512).expand(1, 3, 312, 512))
    restorer = sitters.restorer(tmp_path)
    with pytest.raises(DataError, match=r"does not look as if it suffered from pixelate: .*--anyway restores it"):
        files.restore_file(tmp_path / "clean.png", restorer, files.Wish(), tmp_path / "out" / "clean")
    with pytest.raises(DataError, match=r"does not look as if it suffered .*--anyway restores it"):
        files.restore_file(tmp_path / "clean.png", restorer, files.Wish(whole=True), tmp_path / "out" / "clean")
    with pytest.raises(DataError, match="no face is found: --face"):
        files.restore_file(tmp_path / "none.png", restorer, files.Wish(), tmp_path / "out" / "none")
    assert not (tmp_path / "out").exists()


def test_a_face_of_blocks_that_the_model_does_not_know_is_told_of_and_restored_where_asked(tmp_path: Path) -> None:
    if _dlib() is None:
        pytest.skip("the extra `faces` is not installed")
    files.write(tmp_path / "far.png", sitters.far(12))
    restorer, to = sitters.restorer(tmp_path), tmp_path / "out" / "far"
    with pytest.raises(DataError, match=r"what may be a face at \d+,\d+,\d+ does not look .*--anyway restores it"):
        files.restore_file(tmp_path / "far.png", restorer, files.Wish(), to)
    told = files.restore_file(tmp_path / "far.png", restorer, files.Wish(anyway=True), to)
    [found] = told["found"]
    changed = (files.read(Path(told["restored"])) != files.read(tmp_path / "far.png")).any(1)[0].nonzero()
    left, top, side = found["box"]
    middle = changed.float().mean(0) - torch.tensor([top + side / 2, left + side / 2])
    assert middle.abs().max() < side / 4


def test_photographs_of_one_name_do_not_overwrite_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [tmp_path / "a" / "me.png", tmp_path / "b" / "me.png", tmp_path / "b" / "ME.png", tmp_path / "me-none.png"]
    for level, path in enumerate(given):
        files.write(path, torch.full((1, 3, 20, 20), level / 255))
    assert call("degrade", *given, "--with", "none", "--out", tmp_path) == 0
    written = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert len({path.name.casefold() for path in written}) == 4
    assert not set(written) & set(given)  # `me-none.png` was given, and is not what becomes of `me.png`
    for level, path in enumerate(written):
        assert int(files.read(path).mul(255).round().unique()) == level


def test_a_photograph_that_fails_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [tmp_path / f"{name}.png" for name in ("first", "second", "x" * 240)]
    for path in given:
        files.write(path, torch.zeros(1, 3, 20, 20))
    read = files.read

    def fails_once(path: Path) -> torch.Tensor:
        if path == given[0]:
            raise ZeroDivisionError("an EXIF rational of (-1, 0)")
        return read(path)

    monkeypatch.setattr(files, "read", fails_once)
    words = ["--with", "pixelate:region=face", "--with", "none"]  # there is no face in it
    assert call("degrade", given[1], *words, "--out", tmp_path / "out") == 1
    out, err = capsys.readouterr()
    assert err.endswith("without region= all is degraded\n")
    assert Path(out.strip()).name == "second-none.png"
    assert call("degrade", *given, "--with", "none", "--out", tmp_path / "out") == 1
    out, err = capsys.readouterr()
    assert err.endswith(f"benchbench: {given[0]}: ZeroDivisionError: an EXIF rational of (-1, 0)\n")
    assert [Path(line).name for line in out.splitlines()] == ["second-none.png", f"{'x' * 100}-none.png"]


class Panic(BaseException):
    """What extensions in Rust raise."""


@pytest.mark.parametrize(
    "error", [Panic("index out of bounds"), SystemExit(3), RecursionError(), MemoryError("32 GiB")]
)
def test_whatever_a_photograph_raises_the_others_are_restored_each_under_a_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    given = [tmp_path / name / "me.png" for name in ("a", "b", "c")]
    for level, path in enumerate(given):
        files.write(path, torch.full((1, 3, 20, 20), level / 2))
    restorer, read = sitters.restorer(tmp_path), files.read_image
    record = SimpleNamespace(rungs=[], trial=SimpleNamespace(dataset="astronauts", size=64))
    facts = SimpleNamespace(folder="runs", record=record)
    monkeypatch.setattr(command, "_restorer", lambda runs, asked: replace(restorer, result=facts))  # type: ignore[arg-type]

    def raises(path: Path) -> Image.Image:
        if path == given[0]:
            raise error
        return read(path)

    monkeypatch.setattr(files, "read_image", raises)
    monkeypatch.setattr(Restorer, "doubt_whole", None)
    words = ["restore", *given, "--degrade", "pixelate", "--whole", "--out", tmp_path, "--json"]
    assert call(*words) == 1
    told = json.loads(capsys.readouterr().out)
    [failed] = told["failed"]
    assert failed["photo"] == str(given[0])
    assert type(error).__name__ in failed["reason"]
    assert [Path(picture["restored"]).name for picture in told["pictures"]] == [
        "me-2-tiny-conv.png",
        "me-3-tiny-conv.png",
    ]
    levels = [float(files.read(Path(picture["restored"])).mean()) for picture in told["pictures"]]
    assert levels == pytest.approx([0.5, 1], abs=0.01)


def test_only_ctrl_c_ends_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(path: Path) -> torch.Tensor:
        raise KeyboardInterrupt

    files.write(tmp_path / "me.png", torch.zeros(1, 3, 20, 20))
    monkeypatch.setattr(files, "read", stopped)
    assert call("degrade", tmp_path / "me.png", "--with", "none", "--out", tmp_path) == 130


def test_a_photograph_is_degraded_at_the_size_asked_for(tmp_path: Path) -> None:
    files.write(tmp_path / "tall.png", torch.rand(1, 3, 60, 40))
    assert call("degrade", tmp_path / "tall.png", "--with", "none", "--size", 20, "--out", tmp_path / "out") == 0
    with Image.open(tmp_path / "out" / "tall-none.png") as picture:
        assert picture.size == (20, 30)


@pytest.mark.parametrize("text", ["1,2", "a,b,c", "1,2,0"])
def test_a_face_is_named_by_three_numbers(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    files.write(tmp_path / "me.png", torch.zeros(1, 3, 20, 20))
    assert call("degrade", tmp_path / "me.png", "--with", "none", "--face", text) == 2
    assert text in capsys.readouterr().err
