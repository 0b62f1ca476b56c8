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
    NaN where either mean colour is grey, which has no hue, or the region empty; so it is given inside regions only.
    Conversion: scikit-image's `rgb2lab`.
    """

    name = "hue-shift"
    order = 83
    higher_is_better = False
    signed = True
    whole = False
    unit = "°"
    digits = 2
    library = "scikit-image"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        after, before = mean_lab(restored, region)[:, 1:], mean_lab(clean, region)[:, 1:]
        shift = torch.rad2deg(torch.atan2(after[:, 1], after[:, 0]) - torch.atan2(before[:, 1], before[:, 0]))
        shift = torch.remainder(shift + 180, 360) - 180
        grey = torch.minimum(after.norm(dim=1), before.norm(dim=1)) < LEAST_CHROMA
        return torch.where(grey, torch.nan, shift).float()
