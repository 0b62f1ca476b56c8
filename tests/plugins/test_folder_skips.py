"""folder: which files cannot be used, and that each is listed with its reason."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from photographs import encoded, noise, save
from pictures import bomb
from PIL import Image

from benchbench import DataError
from benchbench_plugins.datasets._finding import find_images
from benchbench_plugins.datasets.folder import Folder

BAD_FILES = {
    "empty.png": (b"", "not an image"),
    "text.jpg": (b"hello, world", "not an image"),
    "script.eps.png": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 40\n", "not an image"),
    "truncated.jpg": (encoded(noise(200, 200), "JPEG")[:2000], "truncated"),
    "tiny.png": (encoded(noise(15, 99), "PNG"), "shorter side"),
    "animated.gif": (encoded(noise(), "GIF", save_all=True, append_images=[noise(seed=1)]), "frame"),
    "animated.png": (encoded(noise(), "PNG", save_all=True, append_images=[noise(seed=1)]), "frame"),
    "pages.tif": (encoded(noise(), "TIFF", save_all=True, append_images=[noise(seed=1)]), "frame"),
    "large.png": (bomb(10_000, 10_000), "more than"),
    "bomb.png": (bomb(60_000, 60_000), "more than"),
    "float.tif": (encoded(Image.new("F", (32, 32), 0.5), "TIFF"), "floating-point"),
    "deep.tif": (encoded(Image.new("I", (32, 32), 1 << 20), "TIFF"), "32-bit"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_used_is_listed_with_its_reason(tmp_path: Path, name: str) -> None:
    content, expected = BAD_FILES[name]
    (tmp_path / name).write_bytes(content)
    save(tmp_path, "good.png")
    images = Folder(path=str(tmp_path)).load(16)
    assert images.ids == ["good"]
    [(file, why)] = images.skipped
    assert file == name
    assert expected in why
    assert str(tmp_path) not in why


def test_what_is_smaller_than_the_size_is_left_out_unless_it_may_be_enlarged(tmp_path: Path) -> None:
    save(tmp_path, "large.png", noise(48, 40))
    save(tmp_path, "small.png", noise(48, 39))
    images = Folder(path=str(tmp_path)).load(40)
    assert images.ids == ["large"]
    assert images.skipped == [("small.png", "48x39: smaller than 40 pixels; upscale=true enlarges it")]
    images = Folder(path=str(tmp_path), upscale=True).load(40)
    assert images.ids == ["large", "small"]
    assert not images.skipped


def test_what_pillow_warns_of_stays_inside(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(bomb(10_000, 10_000))
    save(tmp_path, "good.png")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        Folder(path=str(tmp_path)).load(16)
    assert not seen


def test_links_and_special_files_are_listed_not_followed(tmp_path: Path) -> None:
    outside = save(tmp_path, "outside/secret.png")
    folder = tmp_path / "set"
    save(folder, "good.png")
    (folder / "link.png").symlink_to(outside)
    (folder / "circle").symlink_to(folder, target_is_directory=True)
    (folder / "itself.png").symlink_to("itself.png")
    os.mkfifo(folder / "pipe.png")
    images = Folder(path=str(folder)).load(16)
    assert images.ids == ["good"]
    why = dict(images.skipped)
    assert sorted(why) == ["circle", "itself.png", "link.png", "pipe.png"]
    assert all("link" in why[name] for name in ("circle", "itself.png", "link.png"))
    assert "regular" in why["pipe.png"]


def test_a_name_that_is_no_unicode_is_skipped_and_printable(tmp_path: Path) -> None:
    save(tmp_path, "good.png")
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")).write_bytes(b"")
    except OSError:
        pytest.skip("this file system wants Unicode names")
    images = Folder(path=str(tmp_path)).load(16)
    assert images.ids == ["good"]
    "".join(file for file, _ in images.skipped).encode()
    assert len(images.skipped) == 1


FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "PPM", "TGA", "JPEG2000"]
VALID = [encoded(noise(24, 24), form) for form in FORMATS]


@st.composite
def hostile(draw: st.DrawFn) -> bytes:
    """A valid file cut short, with some bytes changed."""
    content = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(0, 6))):
        content[draw(st.integers(0, min(len(content) - 1, 400)))] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.integers(0, len(content)))])


@given(st.one_of(hostile(), st.binary(max_size=300)))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_a_file_holds_raises_or_warns(tmp_path: Path, content: bytes) -> None:
    save(tmp_path, "good.png", noise(16, 16))
    (tmp_path / "hostile.jpg").write_bytes(content)
    (tmp_path / "masks").mkdir(exist_ok=True)
    (tmp_path / "masks" / "good.png").write_bytes(content)
    images = Folder(path=str(tmp_path)).load(8)
    assert "good" in images.ids
    assert len(images.ids) + sum(file == "hostile.jpg" for file, _ in images.skipped) == 2


@pytest.mark.parametrize("name", ["a\nb.png", "a\nb/c.png", "a\x1b[2J.png", "a\u2028b.png"])
def test_a_name_with_control_characters_is_listed_in_one_line(tmp_path: Path, name: str) -> None:
    save(tmp_path, "good.png")
    save(tmp_path, name)
    images = Folder(path=str(tmp_path)).load(16)
    assert images.ids == ["good"]
    [(file, why)] = images.skipped
    assert file.isprintable()
    assert "control characters" in why


def test_more_pixels_than_memory_is_an_error_that_says_so(tmp_path: Path) -> None:
    save(tmp_path, "a.png")
    with pytest.raises(DataError, match="GiB: limit=N"):
        Folder(path=str(tmp_path)).load(1 << 24)


@pytest.mark.parametrize("path", ["", "missing", "~nobody-of-this-name/x", "a\0b"])
def test_a_missing_folder_is_an_error_with_a_way_out(path: str) -> None:
    with pytest.raises(DataError, match="folder:PATH"):
        Folder(path=path).load(16)
    with pytest.raises(DataError, match="folder:PATH"):
        Folder(path=path).version()


def test_an_empty_folder_and_one_of_broken_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no images"):
        Folder(path=str(tmp_path)).load(16)
    (tmp_path / "a.png").write_bytes(b"broken")
    with pytest.raises(DataError, match=r"a\.png: not an image"):
        Folder(path=str(tmp_path)).load(16)


def test_an_unreadable_sub_folder_is_listed(tmp_path: Path) -> None:
    save(tmp_path, "a.png")
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked").chmod(0)
    try:
        if os.access(tmp_path / "locked", os.R_OK):
            pytest.skip("this user may read everything")
        assert [file for file, _ in find_images(tmp_path)[1]] == ["locked/"]
    finally:
        (tmp_path / "locked").chmod(0o700)
