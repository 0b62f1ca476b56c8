"""The one reader of image files, for data sets and for photographs: upright, RGB, sRGB, 8 bits; or why that cannot be.

Files come from strangers, so only the header is read before the number of pixels and frames is known, and whatever
Pillow stumbles over becomes a reason. Images are decoded whole, so their pixels do not depend on what they are for.
What a file is, its content says, not its suffix; but a camera's raw file looks like a TIFF of its thumbnail.
"""

from __future__ import annotations

import functools
import importlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from ..errors import DataError

MIN_SIDE = 16
"""An image with a shorter side than this, in pixels, is no portrait."""
BACKGROUND = 255
"""The level of transparent parts."""
MAX_PIXELS = 8192 * 8192
"""An image of more pixels than this is taken for a decompression bomb."""
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "JPEG2000", "PPM", "TGA")
SEVERAL = ("MPO", "HEIF")
"""Formats whose further frames are depth or gain maps, or other shots: the first one is the photograph."""
RAW = frozenset().union(
    [".3fr", ".arw", ".cr2", ".cr3", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mrw", ".nef", ".nrw", ".orf"],
    [".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srw", ".x3f"],
)
"""Suffixes of cameras' raw files."""
SUFFIXES = RAW.union(
    [".apng", ".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".hif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg"],
    [".jpg", ".jxl", ".mpo", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp"],
    [".ai", ".dds", ".eps", ".exr", ".hdr", ".icns", ".ico", ".jxr", ".pcx", ".psd", ".svg", ".xcf"],
)
"""Suffixes of images, also of kinds that are not read."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_image(source: Path | bytes) -> Image.Image:
    """Read a photograph, a file or its bytes, as an upright RGB image in sRGB; transparent parts become white.

    Raises DataError with the reason, in one line without the path, for a file that cannot be used.

    >>> from pathlib import Path
    >>> from benchbench import read_image
    >>> read_image(Path("none.jpg"))
    Traceback (most recent call last):
    benchbench.errors.DataError: unreadable: No such file or directory
    """
    with _opened(source) as image:
        return _rgb(_upright(image), background=BACKGROUND)


def as_read(picture: Image.Image) -> Image.Image:
    """Return a picture that Pillow holds as `read_image` returns its file. Raises DataError."""
    try:
        return _rgb(_upright(picture), background=BACKGROUND)
    except (DataError, KeyboardInterrupt):
        raise
    except BaseException as problem:
        raise DataError(_reason(problem)) from problem


def read_levels(path: Path, labels: bool = False) -> NDArray[np.uint8]:
    """Read a mask, upright, as its grey levels `(H, W)`; transparent parts become black.

    With `labels`, a mask with a palette is read as the palette's indices, not by its colours. Raises DataError as
    `read_image` does.

    >>> from pathlib import Path
    >>> from benchbench import read_levels
    >>> read_levels(Path("none.png"))
    Traceback (most recent call last):
    benchbench.errors.DataError: unreadable: No such file or directory
    """
    with _opened(path) as image:
        upright = _upright(image)
        as_it_is = upright.mode == "L" or (upright.mode == "P" and labels)
        return np.asarray(upright if as_it_is else _rgb(upright, background=0).convert("L"))


def is_image_name(name: str) -> bool:
    """Tell by its suffix whether a file is called an image, readable or not.

    >>> from benchbench import is_image_name
    >>> is_image_name("me.JPG"), is_image_name("me.dng"), is_image_name("me.txt")
    (True, True, False)
    """
    return PurePath(name).suffix.lower() in SUFFIXES


@contextmanager
def _opened(source: Path | bytes) -> Iterator[Image.Image]:
    """Open an image that is fit to be decoded. Whatever is raised inside is a DataError."""
    if isinstance(source, Path) and source.suffix.lower() in RAW:
        raise DataError("a camera's raw file: develop it, and save it as PNG, TIFF or JPEG")
    try:
        with _stream(source) as stream, Image.open(stream, formats=_formats()) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise DataError(f"{width}x{height}: more than {MAX_PIXELS:,} pixels")
            if min(width, height) < MIN_SIDE:
                raise DataError(f"{width}x{height}: the shorter side is below {MIN_SIDE} pixels")
            if image.format not in SEVERAL and getattr(image, "is_animated", False):
                raise DataError("animated: it has more than one frame")
            yield image
    except (DataError, KeyboardInterrupt, GeneratorExit):
        raise
    except UnidentifiedImageError as problem:
        raise DataError(_unknown(source)) from problem
    except BaseException as problem:  # nearly anything: SyntaxError, struct.error, MemoryError, a panic of Rust, …
        raise DataError(_reason(problem)) from problem


def _stream(source: Path | bytes) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


@functools.cache
def _formats() -> tuple[str, ...]:
    """The formats that can be read here: Pillow's own, and those of extras that are installed."""
    formats = list(FORMATS)
    for module, form in (("pillow_heif", "HEIF"), ("pillow_jxl", "JXL")):
        try:
            extra = importlib.import_module(module)
            if form == "HEIF":
                extra.register_heif_opener()
        except KeyboardInterrupt:
            raise
        except BaseException:  # it is absent or broken; other formats are read nevertheless
            continue
        formats.append(form)
    return tuple(formats)


def _unknown(source: Path | bytes) -> str:
    """The reason against a file that no reader knows, and the way out."""
    with _stream(source) as stream:
        head = stream.read(12)
    for form, extra, is_it in (
        ("HEIC", "heif", head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1")),
        ("JPEG XL", "jxl", head[:2] == b"\xff\x0a" or head[4:8] == b"JXL "),
    ):
        if is_it:
            return f"{form}: pip install 'benchbench-portraits[{extra}]' reads it, or save it as PNG or JPEG"
    return "not an image of a known format: save it as PNG or JPEG"


def _reason(problem: BaseException) -> str:
    if isinstance(problem, Image.DecompressionBombError):
        return f"more than {MAX_PIXELS:,} pixels"
    text = (problem.strerror if isinstance(problem, OSError) else "") or str(problem) or type(problem).__name__
    return "unreadable: " + "".join(c if c.isprintable() else " " for c in text)[:160]


def _upright(image: Image.Image) -> Image.Image:
    image.load()  # TIFF turns itself upright here and then forgets its orientation
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # the pixels are fine, only the EXIF block is not
        orientation = None
    turn = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def _rgb(image: Image.Image, background: int) -> Image.Image:
    """RGB in sRGB; transparent parts show grey of level `background`."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):
        levels = np.asarray(image)
        if levels.min() < 0 or levels.max() > 65535:
            raise DataError("32-bit pixels, whose range is unknown")
        image = Image.fromarray(((levels.astype(np.uint32) + 128) // 257).astype(np.uint8))
    if image.mode == "F":
        raise DataError("floating-point pixels, whose range is unknown")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        opaque = Image.new("RGBA", rgba.size, (background, background, background, 255))
        image = Image.alpha_composite(opaque, rgba).convert("L" if image.mode == "LA" else "RGB")
    return (_converted(image, profile) if profile else None) or image.convert("RGB")


def _converted(image: Image.Image, profile: bytes) -> Image.Image | None:
    """The image from its colour profile to sRGB; None where it is sRGB already, or the profile is not fit for it."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(source.profile.xcolor_space.strip())
        fits = image.mode == mode or (mode == "RGB" and image.mode != "CMYK")
        if mode is None or not fits or "sRGB" in ImageCms.getProfileDescription(source):
            return None
        return ImageCms.profileToProfile(image.convert(mode), source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
