"""Peak signal-to-noise ratio: -10 log10(MSE) for values in [0, 1], from each image's own MSE, at most 58.92 dB."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchbench import Metric, hookimpl

from ._errors import mean_squared_error

ROUNDING_NOISE = 1 / (12 * 255**2)


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [PSNR]


@dataclass(frozen=True)
class PSNR(Metric):
    """Peak signal-to-noise ratio, from each image's own MSE.

    In decibels for a peak of 1. An MSE below 1 / (12 · 255²), the noise of rounding to 8 bits, counts as that much, so
    that identical images have 58.92 dB; below it, it equals scikit-image's `peak_signal_noise_ratio` with
    `data_range=1`. Inside a region: from the MSE over its pixels; NaN for an image whose region is empty.
    """

    name = "psnr"
    order = 10
    ranks = True
    higher_is_better = True
    unit = "dB"
    digits = 2
    relevant = 0.1
    library = "torch"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return -10 * mean_squared_error(restored, clean, region).clamp_min(ROUNDING_NOISE).log10()
