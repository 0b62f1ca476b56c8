"""WebP artefacts: each image is written as a lossy WebP file by Pillow (libwebp) and read back.

The format is VP8's key frame (RFC 6386, RFC 9649); `quality` is libwebp's scale. Images are rounded to 8 bits first.
libwebp searches with effort 2 of 6: its default takes half as long again, for files that look alike. Where JPEG shows
blocks and ringing, WebP's prediction and deblocking smear skin into flat patches.
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL import features
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Graded, Range, graded, hookimpl

from ._files import recoded


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [WebP]


@dataclass(frozen=True)
class WebP(Graded):
    """WebP compression artefacts, from real files written by Pillow.

    The truth has the `quality` (N,).
    """

    name = "webp"
    quality: Range | None = graded("libwebp's quality, a whole number", (50, 20, 8, 3, 0), low=0, high=100)

    def version(self) -> str:
        return f"webp {features.version('webp')}"  # another libwebp may write other bytes

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        """Raises TrialError for images of neither one nor three channels."""
        quality = self.amounts(draw)["quality"].round()
        return Degraded(recoded(clean, quality, "WEBP", method=2), truth={"quality": quality})
