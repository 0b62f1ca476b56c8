"""Structural similarity: the maps from which ssim, ms_ssim and ms_ssim_3 are averaged.

With window means μ, variances σ² and the covariance σ_xy under a Gaussian window of 11×11 pixels (σ = 1.5), and the
constants c1 = 0.01², c2 = 0.03² for values in [0, 1]:

    luminance = (2 μ_x μ_y + c1) / (μ_x² + μ_y² + c1)
    contrast  = (2 σ_xy + c2) / (σ_x² + σ_y² + c2)

Wang et al. 2004, "Image quality assessment: from error visibility to structural similarity"; Wang et al. 2003,
"Multi-scale structural similarity for image quality assessment".
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ._regions import mean_inside
from ._windows import centres, filtered, full_precision, gaussian, in_parts

SIZE = 11
WINDOW = gaussian(SIZE, 1.5)
C1, C2 = 0.01**2, 0.03**2


def contrast(restored: Tensor, clean: Tensor, luminance: bool = False) -> Tensor:
    """The contrast map `(N, C, H - 10, W - 10)`; times the luminance, if so asked, it is the SSIM map.

    The formula has the variances in their sum only, so that four filterings do.
    """
    ours, theirs = filtered(restored, WINDOW), filtered(clean, WINDOW)
    variances = filtered(restored.square().addcmul_(clean, clean), WINDOW)
    covariance = filtered(restored * clean, WINDOW)
    product = ours * theirs
    squares = ours.square_().addcmul_(theirs, theirs)
    covariance.sub_(product)
    variances.sub_(squares)
    found = covariance.mul_(2).add_(C2).div_(variances.add_(C2))
    return found.mul_(product.mul_(2).add_(C1).div_(squares.add_(C1))) if luminance else found


@torch.no_grad()
def ssim(restored: Tensor, clean: Tensor, region: Tensor | None) -> Tensor:
    """The mean `(N,)` of the SSIM map, over the windows whose centre lies in `region`; NaN where there is none."""

    def score(restored: Tensor, clean: Tensor, region: Tensor | None) -> Tensor:
        return mean_inside(contrast(restored, clean, luminance=True), centres(region, SIZE)).mean(1)

    with full_precision(clean.device):
        return in_parts(score, restored, clean, region)


def least_size(scales: int) -> int:
    """The smallest side in pixels for which the window fits into the coarsest of so many scales."""
    return (SIZE - 1) * 2 ** (scales - 1) + 1


def _halved(images: Tensor) -> Tensor:
    """Means of 2×2 pixels; an odd side first repeats its first row and column."""
    odd = max(images.shape[-2] % 2, images.shape[-1] % 2)
    return F.avg_pool2d(F.pad(images, (odd, 0, odd, 0), mode="replicate") if odd else images, 2)


@torch.no_grad()
def multi_scale_ssim(restored: Tensor, clean: Tensor, region: Tensor | None, weights: Sequence[float]) -> Tensor:
    """Π contrast_j^weight_j · ssim_last^weight_last over the scales, a channel at a time; the mean `(N,)` of channels.

    Each scale has half the size of the one before. A coarser pixel is in the region if at least half of it is; an image
    whose region holds no window at some scale gets NaN. Raises ValueError for images below `least_size`.
    """

    def score(restored: Tensor, clean: Tensor, region: Tensor | None) -> Tensor:
        product = restored.new_ones(restored.shape[:2])
        for scale, weight in enumerate(weights):
            if scale:
                restored, clean = _halved(restored), _halved(clean)
                region = None if region is None else _halved(region.to(clean.dtype)) >= 0.5
            values = contrast(restored, clean, luminance=scale == len(weights) - 1)
            product *= mean_inside(values, centres(region, SIZE)).relu() ** weight
        return product.mean(1)

    with full_precision(clean.device):
        return in_parts(score, restored, clean, region)
