"""The picture of a photograph before and after, at a size that one can look at."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from .framing import Frame

CAPTION, GAP = 24, 4  # px
LEAST, MOST = 320, 640  # px of a photograph's longer side in the picture


def before_after(
    before: NDArray[np.uint8], after: NDArray[np.uint8], caption: str, frames: Sequence[Frame] = ()
) -> bytes:
    """Set a photograph, uint8 `(H, W, 3)`, beside the restored one as a PNG.

    Small ones grow by a whole factor, large ones shrink; below a large one its `frames`, the faces, are shown larger.
    """
    pairs = [(_shown(before), _shown(after))]
    if pairs[0][0].width < before.shape[1]:
        pairs += [(_shown(_cut(before, f)), _shown(_cut(after, f))) for f in frames]
    width = max(image.width for image, _ in pairs) + GAP
    canvas = Image.new("RGB", (2 * width, CAPTION + sum(image.height + GAP for image, _ in pairs)), "white")
    draw, top = ImageDraw.Draw(canvas), CAPTION
    for left, text in ((0, "before"), (width, f"after: {caption}")):
        draw.text((left + 4, CAPTION / 2), text, "black", ImageFont.load_default(13), anchor="lm")
    for pair in pairs:
        for left, image in zip((0, width), pair, strict=True):
            canvas.paste(image, (left, top))
        top += pair[0].height + GAP
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG")
    return buffer.getvalue()


def _cut(image: NDArray[np.uint8], frame: Frame) -> NDArray[np.uint8]:
    return image[frame.top : frame.top + frame.side, frame.left : frame.left + frame.side]


def _shown(image: NDArray[np.uint8]) -> Image.Image:
    picture, longer = Image.fromarray(image), max(image.shape[:2])
    if longer > MOST:
        picture.thumbnail((MOST, MOST), Image.Resampling.LANCZOS)
        return picture
    factor = max(1, round(LEAST / longer))
    return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)
