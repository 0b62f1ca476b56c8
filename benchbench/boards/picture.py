"""A board's picture: one row per model, one column per test image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..contracts.model import BASELINE
from ..files import write_atomically
from ..images import sheet, webp
from .samples import samples_of
from .text import shortened
from .view import View

if TYPE_CHECKING:
    from PIL import Image

COLUMNS = 8
QUALITY = 85  # of WebP: it is looked at only; votes are on the samples


def write_picture(path: Path, view: View) -> bool:
    """Write a board's picture as WebP; False, and no file, where there are no samples."""
    drawn = picture_of(view)
    if drawn is not None:
        write_atomically(path, webp(drawn, QUALITY))
    return drawn is not None


def picture_of(view: View) -> Image.Image | None:
    """Draw the input, the models from best to worst, and the truth; None where there are no samples."""
    samples = samples_of(view.board)
    shown = [row for row in view.rows if row.model in samples and row.role != BASELINE]
    strips = [(f"{shortened(row.model, 60)}\n{view.score(row)}", samples[row.model]["restored"]) for row in shown]
    if shared := next((rows for rows in samples.values() if "truth" in rows), None):
        strips = [("degraded input", shared["input"]), *strips, ("truth", shared["truth"])]
    if not strips:
        return None
    columns = min(COLUMNS, *(len(images) for _, images in strips))
    return sheet([list(images[:columns]) for _, images in strips], [label for label, _ in strips])
