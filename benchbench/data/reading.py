"""The one reader of image files, for data sets and for photographs: upright, RGB, sRGB, 8 bits; or why that cannot be.

Files come from strangers, so only the header is read before the number of pixels and frames is known, and whatever
Pillow stumbles over becomes a reason. Images are decoded whole, so their pixels do not depend on what they are for.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from ..errors import DataError

MIN_SIDE = 16
"""An image with a shorter side than this, in pixels, is no portrait."""
MAX_PIXELS = 8192 * 8192
"""An image of more pixels than this is taken for a decompression bomb."""
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "JPEG2000", "PPM", "TGA")

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_image(path: Path) -> Image.Image:
    """Read a photograph as an upright RGB image in sRGB; transparent parts become white.

    Raises DataError with the reason, in one line without the path, for a file that cannot be used.

    >>> from pathlib import Path
    >>> from benchbench import read_image
    >>> read_image(Path("none.jpg"))
    Traceback (most recent call last):
    benchbench.errors.DataError: unreadable: No such file or directory
    """
    with _opened(path) as image:
        return _rgb(_upright(image), background=255)


def read_levels(path: Path) -> NDArray[np.uint8]:
    """Read a mask, upright, as its grey levels or its palette's indices `(H, W)`; transparent parts become black.

    Raises DataError as `read_image` does.

    >>> from pathlib import Path
    >>> from benchbench import read_levels
    >>> read_levels(Path("none.png"))
    Traceback (most recent call last):
    benchbench.errors.DataError: unreadable: No such file or directory
    """
    with _opened(path) as image:
        upright = _upright(image)
        return np.asarray(upright if upright.mode in ("L", "P") else _rgb(upright, background=0).convert("L"))


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image that is fit to be decoded. Whatever is raised inside is a DataError."""
    try:
        with path.open("rb") as stream, Image.open(stream, formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise DataError(f"{width}x{height}: more than {MAX_PIXELS:,} pixels")
            if min(width, height) < MIN_SIDE:
                raise DataError(f"{width}x{height}: the shorter side is below {MIN_SIDE} pixels")
            # a phone's JPEG may carry a depth or gain map as a second frame (MPO): that is no animation
            if image.format != "MPO" and getattr(image, "is_animated", False):
                raise DataError("animated: it has more than one frame")
            yield image
    except DataError:
        raise
    except Exception as problem:  # nearly anything: SyntaxError, struct.error, MemoryError, …
        raise DataError(_reason(problem)) from problem


def _reason(problem: Exception) -> str:
    if isinstance(problem, UnidentifiedImageError):
        return "not an image of a known format"
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
