"""folder: kinds of files that are read, listed with the way out, or left alone."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from typing import Any

import pytest
from photographs import difference, encoded, noise, pixels, save
from PIL import Image

from benchbench import DataError
from benchbench.data import reading
from benchbench.data.prepared import prepare
from benchbench_plugins.datasets.folder import Folder

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)
JXL = b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(64)
JPEG = encoded(noise(), "JPEG")
LISTED = {
    "photo.heic": (HEIC, "benchbench-portraits[heif]"),
    "photo.HIF": (HEIC, "benchbench-portraits[heif]"),
    "photo.jxl": (JXL, "benchbench-portraits[jxl]"),
    "photo.dng": (encoded(noise(), "TIFF"), "camera's raw file"),
    "photo.CR2": (encoded(noise(), "TIFF"), "camera's raw file"),
    "photo.nef": (b"MM\0*" + bytes(40), "camera's raw file"),
    "layers.psd": (b"8BPS" + bytes(40), "save it as PNG"),
    "drawing.svg": (b"<svg/>", "save it as PNG"),
    "photo.jpg_large": (JPEG, "unknown suffix: call it photo.jpg_large.jpg"),
    "photo.png~": (encoded(noise(), "PNG"), "unknown suffix: call it photo.png~.png"),
    "photo.bak": (HEIC, "unknown suffix: call it photo.bak.heic"),
}


@pytest.fixture
def without_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers that this environment may have are not there."""
    for name in ("pillow_heif", "pillow_jxl"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(reading, "_formats", reading._formats.__wrapped__)


@pytest.mark.usefixtures("without_extras")
@pytest.mark.parametrize("name", LISTED)
def test_what_is_not_read_is_listed_with_the_way_out(tmp_path: Path, name: str) -> None:
    content, way_out = LISTED[name]
    (tmp_path / name).write_bytes(content)
    save(tmp_path, "good.png")
    images = Folder(path=str(tmp_path)).load(16)
    assert images.ids == ["good"]
    [(file, why)] = images.skipped
    assert file == name
    assert way_out in why


@pytest.mark.parametrize("name", ["photo", "IMG_0001.heic", "b.mpo", "b.jxl"])
def test_a_photograph_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    """Without a suffix, or with that of another kind, as telephones export."""
    (tmp_path / name).write_bytes(JPEG)
    assert difference(pixels(tmp_path, 40), noise()) < 4


def test_a_multi_picture_file_is_read(tmp_path: Path) -> None:
    save(tmp_path, "a.mpo", noise(seed=1), save_all=True, append_images=[noise(seed=2)], quality=95)
    assert difference(pixels(tmp_path, 40), noise(seed=1)) < 4


@pytest.mark.parametrize("name", ["README", "LICENSE", "notes.md", "list.csv", "Thumbs.db", "clip.mov"])
def test_what_is_no_image_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"BMore text\n")
    save(tmp_path, "good.png")
    images = Folder(path=str(tmp_path)).load(16)
    assert images.ids == ["good"]
    assert not images.skipped


@pytest.mark.parametrize(
    "name",
    [
        *("@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg", ".thumbnails/a.jpg", "__MACOSX/set/a.jpg", "._a.jpg", "#recycle/a.jpg"),
        *(".@__thumb/a.jpg", "sub/@eaDir/a.jpg", "$RECYCLE.BIN/a.jpg", "lost+found/a.jpg", "@Recycle/a.jpg"),
    ],
)
def test_what_storage_boxes_and_systems_leave_behind_is_no_portrait(tmp_path: Path, name: str) -> None:
    save(tmp_path, name)
    save(tmp_path, "good.png")
    images = Folder(path=str(tmp_path)).load(16)
    assert images.ids == ["good"]
    assert not images.skipped


def test_images_that_repeat_each_other_are_named_where_too_few_are_left(tmp_path: Path) -> None:
    for i in range(40):
        save(tmp_path / "set", f"{i}.png", noise(seed=i % 4))
    with pytest.raises(DataError, match="too few usable images, 40 in all, of which 36 repeat an earlier one"):
        prepare(Folder(path=str(tmp_path / "set")), 16, tmp_path / "cache")


def test_heic_is_read_upright_by_the_extra(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    exif = Image.Exif()
    exif[0x0112] = 6
    heif.from_pillow(noise(48, 64)).save(tmp_path / "a.heic", quality=95, exif=exif.tobytes())
    images = Folder(path=str(tmp_path), crop="centre").load(32)
    expected = noise(48, 64).transpose(Image.Transpose.ROTATE_270).crop((8, 0, 56, 48)).resize((32, 32))
    assert difference(images.pixels[0].permute(1, 2, 0).numpy(), expected) < 8


def test_jpeg_xl_is_read_by_the_extra(tmp_path: Path) -> None:
    pytest.importorskip("pillow_jxl")
    save(tmp_path, "a.jxl", quality=95)
    assert difference(pixels(tmp_path, 40), noise()) < 4


def test_an_extra_that_fails_on_import_costs_its_own_kind_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def broken(name: str, *args: Any) -> Any:
        if name in ("pillow_heif", "pillow_jxl"):
            raise RuntimeError("libheif is too old")
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", broken)
    monkeypatch.setattr(reading, "_formats", reading._formats.__wrapped__)
    (tmp_path / "a.heic").write_bytes(HEIC)
    save(tmp_path, "good.png")
    images = Folder(path=str(tmp_path)).load(16)
    assert images.ids == ["good"]
    assert [file for file, _ in images.skipped] == ["a.heic"]
