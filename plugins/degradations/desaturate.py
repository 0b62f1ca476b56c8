"""Desaturation: each pixel becomes its luma, 0.2125 R + 0.7154 G + 0.0721 B, in all three channels.

These are the weights of `skimage.color.rgb2gray` (ITU-R BT.709 rounded, as CRT phosphors have them); the values are
weighted as they stand, without undoing the display's gamma.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchbench import Degradation, Degraded, Draw, TrialError, hookimpl

_LUMA = (0.2125, 0.7154, 0.0721)


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Desaturate]


@dataclass(frozen=True)
class Desaturate(Degradation):
    """Colour to grey, kept in three channels; the model has to colour it again."""

    name = "desaturate"

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        """Grey images stay as they are. Raises TrialError for images of neither one nor three channels."""
        if clean.shape[1] == 1:
            return Degraded(clean)
        if clean.shape[1] != 3:
            raise TrialError(f"desaturate: images must have 1 or 3 channels, these have {clean.shape[1]}")
        red, green, blue = clean.split(1, dim=1)
        luma = (_LUMA[0] * red).add_(green, alpha=_LUMA[1]).add_(blue, alpha=_LUMA[2])  # (N,1,H,W)
        return Degraded(clean.copy_(luma))
