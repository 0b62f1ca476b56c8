"""From a file to pixels: one image or mask, square, upright, RGB, 8 bits; or the reason why it cannot be used.

Files come from strangers, so only the header is read before the number of pixels and frames is known, and whatever
Pillow stumbles over becomes a reason, never an exception. Embedded colour profiles are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

Crop = Literal["top", "centre"]
Levels = NDArray[np.uint8]

MIN_SIDE = 16
"""An image with a shorter side than this, in pixels, is no portrait."""
MAX_PIXELS = 8192 * 8192
"""An image of more pixels than this is taken for a decompression bomb."""
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "JPEG2000", "PPM", "TGA")
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".gif", ".jp2"}
    | {".j2k", ".pbm", ".pgm", ".ppm", ".pnm", ".tga"}
)


class Unusable(Exception):
    """An image that is left out; its text is the reason."""


def reason(problem: Exception) -> str:
    """Say in one printable line, without the path, why a file cannot be used."""
    if isinstance(problem, Unusable):
        return str(problem)
    if isinstance(problem, UnidentifiedImageError):
        return "not an image of a known format"
    if isinstance(problem, Image.DecompressionBombError):
        return f"more than {MAX_PIXELS:,} pixels"
    text = (problem.strerror if isinstance(problem, OSError) else "") or str(problem) or type(problem).__name__
    return "unreadable: " + "".join(c if c.isprintable() else " " for c in text)[:160]


def read_photo(
    path: Path, size: int, crop: Crop, reject: Callable[[Image.Image], str | None] | None = None
) -> tuple[Levels, float]:
    """Read an image as uint8 `(size, size, 3)`, and its upright width divided by its height.

    Transparent parts become white. `reject` gets the whole upright RGB image and may return a reason against it. Raises
    Unusable, or what Pillow raises for a broken file; `reason` puts either into words.
    """
    with _opened(path) as image:
        if reject is None:  # JPEG only: decode at 1/2, 1/4 or 1/8 as long as twice the pixels needed are left
            enough = max(2 * size, 64)
            image.draft(None, (enough, enough))
        upright = _upright(image)
        rgb = _flattened(upright, background=255)
    if reject and (objection := reject(rgb)):
        raise Unusable(objection)
    square = rgb.resize((size, size), Image.Resampling.LANCZOS, box=_square(rgb, crop), reducing_gap=3.0)
    return np.asarray(square), rgb.width / rgb.height


def read_mask(path: Path, size: int, crop: Crop, face: Callable[[Levels], NDArray[np.bool_]]) -> tuple[Levels, float]:
    """Read a mask as the share of face in each pixel, uint8 `(size, size)` to 255, and its width over its height.

    `face` says which levels `(H, W)` are face. Raises like `read_photo`.
    """
    with _opened(path) as image:
        upright = _upright(image)
        levels = np.asarray(upright if upright.mode in ("L", "P") else _flattened(upright, background=0).convert("L"))
    drawn = Image.fromarray(np.where(face(levels), 255, 0).astype(np.uint8))
    square = drawn.resize((size, size), Image.Resampling.BOX, box=_square(drawn, crop))
    return np.asarray(square), drawn.width / drawn.height


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    with path.open("rb") as stream, Image.open(stream, formats=FORMATS) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise Unusable(f"{width}x{height}: more than {MAX_PIXELS:,} pixels")
        if min(width, height) < MIN_SIDE:
            raise Unusable(f"{width}x{height}: the shorter side is below {MIN_SIDE} pixels")
        # a phone's JPEG may carry a depth or gain map as a second frame (MPO): that is no animation
        if image.format != "MPO" and getattr(image, "is_animated", False):
            raise Unusable("animated: it has more than one frame")
        yield image


def _upright(image: Image.Image) -> Image.Image:
    image.load()  # broken pixels raise here
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # the pixels are fine, only the EXIF block is not
        return image


def _flattened(image: Image.Image, background: int) -> Image.Image:
    """RGB; transparent parts show grey of level `background`."""
    if image.mode.startswith("I"):
        levels = np.asarray(image)
        if levels.min() < 0 or levels.max() > 65535:
            raise Unusable("32-bit pixels, whose range is unknown")
        image = Image.fromarray(((levels.astype(np.uint32) + 128) // 257).astype(np.uint8))
    if image.mode == "F":
        raise Unusable("floating-point pixels, whose range is unknown")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        opaque = Image.new("RGBA", rgba.size, (background, background, background, 255))
        return Image.alpha_composite(opaque, rgba).convert("RGB")
    return image.convert("RGB")


def _square(image: Image.Image, crop: Crop) -> tuple[int, int, int, int]:
    """The largest square, centred from left to right; in a tall image at the top or centred."""
    side = min(image.size)
    left = (image.width - side) // 2
    top = 0 if crop == "top" else (image.height - side) // 2
    return left, top, left + side, top + side
