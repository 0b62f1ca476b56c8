"""Peak signal-to-noise ratio of luma, as papers on super-resolution state it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchbench import Metric, hookimpl

from ._errors import mean_squared_error
from ._luma import studio_luma

ROUNDING_NOISE = 1 / (12 * 255**2)


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [PSNRY]


@dataclass(frozen=True)
class PSNRY(Metric):
    """Peak signal-to-noise ratio of BT.601 luma in studio range, as in papers on super-resolution.

    Y lies in 16..235 of 255, as MATLAB's `rgb2ycbcr` gives it, but is not rounded; the peak is 255 all the same, so
    that grey errors score 1.32 dB more than by psnr, and errors of hue alone hardly count. No border is cropped, unlike
    in most of those papers. An MSE below 1 / (12 · 255²) counts as that much: identical images have 58.92 dB. Inside a
    region: from the MSE over its pixels; NaN for an image whose region is empty.
    """

    name = "psnr-y"
    order = 84
    higher_is_better = True
    unit = "dB"
    digits = 2
    relevant = 0.1
    library = "scikit-image"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        error = mean_squared_error(studio_luma(restored), studio_luma(clean), region)
        return -10 * error.clamp_min(ROUNDING_NOISE).log10()
