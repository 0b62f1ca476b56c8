"""Visual information fidelity in the pixel domain (VIFp) on luma scaled to 0..255.

The clean image is a Gaussian source C, seen by an observer with noise of variance σ_n² = 2; the restored image R is
that source attenuated by g, with noise V added. VIF is the information about C that survives over all there is, summed
over windows and four scales with Gaussian windows of 17, 9, 5 and 3 pixels (σ = a fifth of the size), without border:

    Σ log(1 + g² σ_C² / (σ_V² + σ_n²)) / Σ log(1 + σ_C² / σ_n²),   g = σ_CR / σ_C²,   σ_V² = σ_R² - g σ_CR

Sheikh and Bovik 2006, "Image information and visual quality".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from benchbench import Metric, Task, hookimpl

from ._regions import too_small
from ._windows import centres, filtered, full_precision, gaussian

WINDOWS = tuple(gaussian(size, size / 5) for size in (17, 9, 5, 3))
LUMA = (0.299, 0.587, 0.114)
LEAST_SIZE = 41
OBSERVER_NOISE = 2.0
EPSILON = 1e-8


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [VIF]


class Scale(NamedTuple):
    """One scale of an image's pyramid, with what its windows hold: `(N, 1, h, w)` and two smaller maps."""

    luma: Tensor
    mean: Tensor
    variance: Tensor


def pyramid(images: Tensor) -> list[Scale]:
    """The four scales of `(N, C, H, W)` in [0, 1]."""
    weights = images.new_tensor(LUMA if images.shape[1] == 3 else (1.0,))
    luma = 255 * (weights @ images.flatten(2)).view(-1, 1, *images.shape[2:])
    # No variance depends on the mean, and without it float32 loses less of them.
    luma = luma - luma.mean((-2, -1), keepdim=True)
    scales = []
    for number, window in enumerate(WINDOWS):
        if number:
            luma = filtered(luma, window, step=2)
        mean = filtered(luma, window)
        variance = filtered(luma.square(), window).sub_(mean.square()).relu_()
        scales.append(Scale(luma, mean, variance))
    return scales


def information(restored: Scale, clean: Scale, window: tuple[float, ...]) -> tuple[Tensor, Tensor]:
    """Maps of the information that survives in the restored image, and of that in the clean one."""
    covariance = filtered(restored.luma * clean.luma, window).sub_(restored.mean * clean.mean)
    gain = (covariance / (clean.variance + EPSILON)).relu_()
    gain = gain.masked_fill_((clean.variance < EPSILON) | (restored.variance < EPSILON), 0)
    noise = (restored.variance - gain * covariance).clamp_(min=EPSILON)
    survives = gain.square_().mul_(clean.variance).div_(noise.add_(OBSERVER_NOISE)).add_(1).log_()
    return survives, (clean.variance / OBSERVER_NOISE).add_(1).log_()


@dataclass(frozen=True)
class VIF(Metric):
    """Visual information fidelity (pixel domain, luma in 0..255).

    1 for identical images, more than 1 if the contrast is enhanced, 1 as well where the clean image is flat throughout.
    Not symmetric. Equal to `piq.vif_p` on luma. Inside a region, both sums are limited to the windows whose centre lies
    in it, at each scale; NaN for an image whose region holds no window at any scale.
    """

    name = "vif"
    order = 40
    higher_is_better = True
    relevant = 0.01
    symmetric = False
    library = "piq"

    @torch.no_grad()
    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        survives, total = clean.new_zeros(len(clean)), clean.new_zeros(len(clean))
        windows = clean.new_zeros(len(clean))
        with full_precision(clean.device):
            for number, (ours, theirs, taps) in enumerate(zip(pyramid(restored), pyramid(clean), WINDOWS, strict=True)):
                maps = information(ours, theirs, taps)
                region = centres(region, len(taps), step=2) if number else region
                inside = centres(region, len(taps))
                kept = [m if inside is None else m * inside for m in maps]
                survives += kept[0].sum((1, 2, 3))
                total += kept[1].sum((1, 2, 3))
                windows += 1 if inside is None else inside.sum((1, 2, 3))
        return ((survives + EPSILON) / (total + EPSILON)).where(windows > 0, torch.nan)

    def unavailable(self, task: Task) -> str | None:
        return too_small(task, LEAST_SIZE)
