"""Pictures of one size in rows under a caption, and pixels as bytes, as PNG and as WebP."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from torch import Tensor


LABEL = 190  # px for the labels at the left
HEAD = 48  # px for the labels above
GAP = 4
TILE = 96  # px a small image is enlarged to
MOST_WEBP = 16_383  # px a side: the format has no more


def as_bytes(images: Tensor) -> np.ndarray:
    """Convert images `(N, 3, H, W)`, floats in [0, 1] or bytes, to uint8 `(N, H, W, 3)`."""
    levels = images.clamp(0, 1).mul(255).round().byte() if images.is_floating_point() else images
    return levels.permute(0, 2, 3, 1).cpu().numpy()


def png(image: np.ndarray) -> bytes:
    """Encode uint8 `(H, W, 3)` as the bytes of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def webp(image: np.ndarray | Image.Image, quality: int | None = None) -> bytes:
    """Encode a picture, or uint8 `(H, W, 3)`, as the bytes of a WebP file; without loss if no quality is given.

    One with a side of more than MOST_WEBP pixels shrinks to that.
    """
    buffer, picture = io.BytesIO(), image.copy() if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.thumbnail((MOST_WEBP, MOST_WEBP))
    if quality is None:  # method 6 takes forty times as long as 4 without loss, for a hundredth of the bytes
        picture.save(buffer, "WEBP", lossless=True, quality=100, method=4)
    else:
        picture.save(buffer, "WEBP", quality=quality, method=6)
    return buffer.getvalue()


def tiled(
    rows: Sequence[Sequence[np.ndarray]], left: Sequence[str] = (), above: Sequence[str] = (), margin: int = LABEL
) -> bytes:
    """Encode rows of images as one PNG; see `sheet`."""
    buffer = io.BytesIO()
    sheet(rows, left, above, margin).save(buffer, "PNG", compress_level=3, compress_type=zlib.Z_RLE)  # pixels are runs
    return buffer.getvalue()


def sheet(
    rows: Sequence[Sequence[np.ndarray]], left: Sequence[str] = (), above: Sequence[str] = (), margin: int = LABEL
) -> Image.Image:
    """Draw rows of images, each uint8 `(H, W, 3)` of one size, as one picture; small ones grow by a whole factor.

    `left` labels the rows, in a margin of so many pixels, and `above` the columns.
    """
    height, width = rows[0][0].shape[:2]
    scale = max(1, round(TILE / width))
    width, height = width * scale, height * scale
    x, y = margin if left else GAP, HEAD if above else GAP
    canvas = Image.new("RGB", (x + len(rows[0]) * (width + GAP), y + len(rows) * (height + GAP)), "white")
    draw = ImageDraw.Draw(canvas)
    style: dict[str, Any] = {"fill": "black", "font": ImageFont.load_default(15), "anchor": "lm", "spacing": 5}
    for column, label in enumerate(above):
        draw.text((x + column * (width + GAP), HEAD / 2), label, **style)
    for row, images in enumerate(rows):
        top = y + row * (height + GAP)
        if left:
            draw.text((GAP * 2, top + height / 2), wrapped(left[row]), **style)
        for column, image in enumerate(images):
            enlarged = Image.fromarray(image).resize((width, height), Image.Resampling.NEAREST)
            canvas.paste(enlarged, (x + column * (width + GAP), top))
    return canvas


def wrapped(label: str, width: int = 22) -> str:
    """Break a label behind the separators of a spec into at most four lines, the last of which always stays."""
    lines: list[str] = []
    for text in label.splitlines():
        lines.append("")
        for piece in re.findall(rf"[^:,+]{{1,{width - 1}}}[:,+]?|[:,+]", text):
            if len(lines[-1]) + len(piece) > width:
                lines.append("")
            lines[-1] += piece
    return "\n".join(lines if len(lines) <= 4 else [*lines[:3], lines[-1]])
