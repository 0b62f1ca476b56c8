"""Shift of hue: the angle from the clean image's mean colour to the restored one's, in the a*b* plane of CIELAB."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Metric, hookimpl

from ._lab import mean_lab

LEAST_CHROMA = 1.0
"""Below this chroma, about what is just noticed, a mean colour is grey and has no hue."""


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [HueShift]


@dataclass(frozen=True)
class HueShift(Metric):
    """Shift of mean hue; inside the face, whether skin came out redder (negative) or yellower (positive).

    The difference of the hue angles h_ab = atan2(b*, a*) of the mean colours, in degrees from -180 to 180; 0 is best.
    Where either mean colour is grey there is no hue: 0 over the whole image, NaN (left out of the mean) in a region.
    NaN for an image whose region is empty. Conversion: scikit-image's `rgb2lab`.
    """

    name = "hue_shift"
    order = 83
    higher_is_better = False
    signed = True
    unit = "°"
    digits = 2
    library = "scikit-image"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        after, before = mean_lab(restored, region)[:, 1:], mean_lab(clean, region)[:, 1:]
        shift = torch.rad2deg(torch.atan2(after[:, 1], after[:, 0]) - torch.atan2(before[:, 1], before[:, 0]))
        shift = torch.remainder(shift + 180, 360) - 180
        grey = torch.minimum(after.norm(dim=1), before.norm(dim=1)) < LEAST_CHROMA
        return torch.where(grey, 0.0 if region is None else torch.nan, shift).float()
