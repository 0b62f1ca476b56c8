"""folder: what becomes of each kind of file, of attributes and of masks; Pillow is the reference for pixels."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import bomb
from PIL import Image, ImageOps

from benchbench import DataError
from benchbench_plugins.datasets._finding import find_images, unique_ids
from benchbench_plugins.datasets.folder import Folder


def noise(width: int = 40, height: int = 40, seed: int = 0) -> Image.Image:
    """A smooth random image, so that a lossy codec hardly changes it."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def save(folder: Path, name: str, image: Image.Image | None = None, **options: Any) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    (image or noise()).save(path, **options)
    return path


def pixels(folder: Path, size: int = 32, **params: Any) -> np.ndarray:
    """The pixels of the only image, (H, W, 3)."""
    images = Folder(path=str(folder), **params).load(size)
    assert len(images.ids) == 1
    return images.pixels[0].permute(1, 2, 0).numpy()


def difference(a: np.ndarray, b: np.ndarray | Image.Image) -> float:
    return float(np.abs(a.astype(float) - np.asarray(b, dtype=float)).mean())


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


# ── pixels ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("crop", "top"), [("top", 0), ("centre", 20)])
def test_a_tall_image_is_cut_where_asked(tmp_path: Path, crop: str, top: int) -> None:
    image = noise(60, 100)
    save(tmp_path, "a.png", image)
    expected = image.crop((0, top, 60, top + 60)).resize((32, 32), Image.Resampling.LANCZOS)
    assert difference(pixels(tmp_path, crop=crop), expected) < 1


@pytest.mark.parametrize("crop", ["top", "centre"])
def test_a_wide_image_is_cut_at_its_centre(tmp_path: Path, crop: str) -> None:
    image = noise(100, 60)
    save(tmp_path, "a.png", image)
    expected = image.crop((20, 0, 80, 60)).resize((32, 32), Image.Resampling.LANCZOS)
    assert difference(pixels(tmp_path, crop=crop), expected) < 1


def test_fine_detail_is_averaged_not_sampled(tmp_path: Path) -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    save(tmp_path, "a.png", Image.fromarray(stripes))
    assert np.abs(pixels(tmp_path).astype(int) - 127.5).max() < 4


def test_a_large_jpeg_decoded_at_a_fraction_looks_as_if_decoded_whole(tmp_path: Path) -> None:
    path = save(tmp_path, "a.jpg", noise(900, 900), quality=95)
    expected = Image.open(path).resize((32, 32), Image.Resampling.LANCZOS)
    assert difference(pixels(tmp_path), expected) < 1.5


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_exif_rotation_is_applied(tmp_path: Path, suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if suffix == "webp" else {"quality": 95} if suffix == "jpg" else {}
    path = save(tmp_path, f"a.{suffix}", noise(48, 64), exif=exif, **options)
    with Image.open(path) as stored:
        stored.load()
        upright = ImageOps.exif_transpose(stored)
    side = min(upright.size)
    left = (upright.width - side) // 2
    expected = upright.convert("RGB").crop((left, 0, left + side, side)).resize((32, 32), Image.Resampling.LANCZOS)
    assert difference(pixels(tmp_path), expected) < 1


def test_broken_exif_does_not_cost_the_image(tmp_path: Path) -> None:
    save(tmp_path, "a.jpg", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7fgarbage")
    assert Folder(path=str(tmp_path)).load(16).ids == ["a"]


@pytest.mark.parametrize(
    ("mode", "suffix"), [("L", "png"), ("1", "png"), ("P", "png"), ("P", "gif"), ("CMYK", "jpg"), ("RGBA", "png")]
)
def test_every_mode_becomes_rgb_as_in_pillow(tmp_path: Path, mode: str, suffix: str) -> None:
    path = save(tmp_path, f"a.{suffix}", noise(32, 32).convert(mode))
    with Image.open(path) as stored:
        expected = stored.convert("RGB")
    assert difference(pixels(tmp_path), expected) < 3


def test_sixteen_bits_are_scaled_not_cut_off(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 32 * 32).reshape(32, 32)
    Image.fromarray(ramp.astype(np.uint16)).save(tmp_path / "a.png")
    assert difference(pixels(tmp_path)[..., 0], ramp / 257) < 1


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_parts_show_white(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (32, 32), (0, 0, 0, 0)).convert(mode)
    save(tmp_path, "a.png", image)
    assert (pixels(tmp_path) == 255).all()


def test_a_transparent_palette_colour_shows_white(tmp_path: Path) -> None:
    image = Image.new("P", (32, 32), 0)
    image.putpalette([10, 20, 30])
    save(tmp_path, "a.png", image, transparency=0)
    assert (pixels(tmp_path) == 255).all()


def test_the_first_picture_of_a_multi_picture_jpeg_is_read(tmp_path: Path) -> None:
    first = noise(seed=1)
    save(tmp_path, "a.mpo", first, save_all=True, append_images=[noise(seed=2)], quality=95)
    (tmp_path / "a.mpo").rename(tmp_path / "a.jpg")
    assert difference(pixels(tmp_path, 40), first) < 4


# ── what is skipped ──────────────────────────────────────────────────────────────────────────────────────────────────


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


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
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_a_file_holds_raises_or_warns(tmp_path: Path, content: bytes) -> None:
    save(tmp_path, "good.png", noise(16, 16))
    (tmp_path / "hostile.jpg").write_bytes(content)
    (tmp_path / "masks").mkdir(exist_ok=True)
    (tmp_path / "masks" / "good.png").write_bytes(content)
    images = Folder(path=str(tmp_path)).load(8)
    assert "good" in images.ids
    assert len(images.ids) + sum(file == "hostile.jpg" for file, _ in images.skipped) == 2


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


def test_identity_and_split_are_taken_from_their_columns(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        save(tmp_path, name)
    rows = "file,identity,split\na.png,007,train\nb.png,7,val\nc.png,7,test\n"
    (tmp_path / "attributes.csv").write_text(rows)
    images = Folder(path=str(tmp_path)).load(16)
    assert images.identities == ["007", "7", "7"]
    assert images.splits == ["train", "validation", "test"]
    assert not images.attributes


def test_incomplete_identities_stay_an_attribute(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        save(tmp_path, name)
    (tmp_path / "attributes.csv").write_text("file,identity\na.png,Ann\n")
    images = Folder(path=str(tmp_path)).load(16)
    assert images.identities is None
    assert images.attributes == {"identity": ["Ann", None]}


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


# ── masks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def disc(width: int, height: int, mode: str = "L") -> Image.Image:
    y, x = np.mgrid[:height, :width]
    inside = (x - width / 2) ** 2 + (y - width / 2) ** 2 < (width / 3) ** 2
    return Image.fromarray(np.where(inside, 255, 0).astype(np.uint8)).convert(mode)


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
        ("/srv/My Family (2024)", {}, "folder-my-family-2024"),
        ("/", {}, "folder-images"),
        ("/srv/Люди", {}, "folder-srv"),
        ("/srv/faces", {"crop": "centre", "limit": 10}, "folder-faces,crop=centre,limit=10"),
        ("/srv/faces", {"masks": "/x/Face Masks"}, "folder-faces,masks=face-masks"),
    ],
)
def test_label_is_short_and_has_no_path(path: str, params: dict[str, Any], label: str) -> None:
    assert Folder(path=path, **params).label == label


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
