"""folder: which pixels become of a file; Pillow is the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from photographs import difference, noise, pixels, save, swapped_profile
from PIL import Image, ImageCms, ImageOps

from benchbench.photos import files
from benchbench_plugins.datasets._reading import read_photo
from benchbench_plugins.datasets.folder import Folder


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


def test_a_jpeg_is_decoded_whole_whatever_the_size_and_the_objections(tmp_path: Path) -> None:
    path = save(tmp_path, "a.jpg", noise(900, 900), quality=95)
    expected = np.asarray(Image.open(path).resize((32, 32), Image.Resampling.LANCZOS, reducing_gap=3.0))
    assert (pixels(tmp_path) == expected).all()
    assert (read_photo(path, 32, "top", 0, lambda image: None)[0] == expected).all()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L"])
def test_a_colour_profile_is_converted_to_srgb(tmp_path: Path, mode: str) -> None:
    path = save(tmp_path, "a.png", Image.new("RGB", (32, 32), (240, 60, 0)).convert(mode))
    plain = pixels(tmp_path)
    save(tmp_path, "a.png", Image.open(path), icc_profile=swapped_profile())
    assert difference(pixels(tmp_path), plain[..., ::-1]) < 3
    assert np.allclose(files.read(path)[0].permute(1, 2, 0).numpy() * 255, pixels(tmp_path))


@pytest.mark.parametrize("profile", [b"no profile", swapped_profile()[:200]])
def test_a_broken_colour_profile_does_not_cost_the_image(tmp_path: Path, profile: bytes) -> None:
    save(tmp_path, "a.png", noise(32, 32), icc_profile=profile)
    assert difference(pixels(tmp_path), noise(32, 32)) < 1


def test_a_profile_of_srgb_changes_nothing(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    save(tmp_path, "a.png", noise(32, 32), icc_profile=profile)
    assert (pixels(tmp_path) == np.asarray(noise(32, 32))).all()


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
