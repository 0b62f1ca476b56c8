"""JPEG artefacts: each image is written as a JPEG file by Pillow (libjpeg) and read back.

The standard is ITU-T T.81 (1992); `quality` is libjpeg's scale. Images are rounded to 8 bits first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PIL import features
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Graded, Range, graded, hookimpl, param

from ._files import recoded


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Jpeg]


@dataclass(frozen=True)
class Jpeg(Graded):
    """JPEG compression artefacts, from real files written by Pillow."""

    name = "jpeg"
    quality: Range | None = graded("libjpeg's quality, a whole number", (40, 20, 10, 6, 3), low=1, high=100)
    subsampling: Literal["4:4:4", "4:2:2", "4:2:0"] = param("4:2:0", "resolution of the colour channels")

    def version(self) -> str:
        return f"jpg {features.version('jpg')}"  # another libjpeg may write other bytes

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        """Raises TrialError for images of neither one nor three channels."""
        quality = self.amounts(draw)["quality"].round()
        return Degraded(recoded(clean, quality, "JPEG", subsampling=self.subsampling), truth={"quality": quality})
