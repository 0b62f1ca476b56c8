"""Structural similarity: the maps from which ssim, ms_ssim and ms_ssim_3 are averaged.

With window means μ, variances σ² and the covariance σ_xy under a Gaussian window of 11×11 pixels (σ = 1.5), and the
constants c1 = 0.01², c2 = 0.03² for values in [0, 1]:

    luminance = (2 μ_x μ_y + c1) / (μ_x² + μ_y² + c1)
    contrast  = (2 σ_xy + c2) / (σ_x² + σ_y² + c2)

Wang et al. 2004, "Image quality assessment: from error visibility to structural similarity"; Wang et al. 2003,
"Multi-scale structural similarity for image quality assessment".
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ._regions import mean_inside
from ._windows import centres, filtered, full_precision, gaussian, in_parts

SIZE = 11
WINDOW = gaussian(SIZE, 1.5)
C1, C2 = 0.01**2, 0.03**2
LEAST_LAST = 8  # planes, of which fewer do not fill the processor's registers


def planes_of(restored: Tensor, clean: Tensor) -> Tensor:
    """The sum and the difference of two batches `(N, C, H, W)`, as `(2, N * C, H, W)`.

    Means, variances and the covariance of a pair follow from those of its sum and difference. On a CPU the planes are
    last in memory where there are some, see `windows`.
    """
    height, width = restored.shape[2:]
    one, other = (images.reshape(-1, height * width) for images in (restored, clean))
    if one.is_cpu and len(one) >= LEAST_LAST:
        one, other = (images.t().contiguous().view(height, width, -1).permute(2, 0, 1) for images in (one, other))
    else:
        one, other = (images.view(-1, height, width) for images in (one, other))
    planes = _room(2, one)
    torch.add(one, other, out=planes[0])
    torch.sub(one, other, out=planes[1])
    return planes


def _room(count: int, planes: Tensor) -> Tensor:
    """An empty tensor `(count, N, H, W)` for so many of `planes` `(N, H, W)`, in memory as they are."""
    n, height, width = planes.shape
    if planes.is_contiguous():
        return planes.new_empty(count, n, height, width)
    return planes.new_empty(count, height, width, n).permute(0, 3, 1, 2)


@functools.lru_cache(maxsize=256)
def _taps(planes: int, dtype: torch.dtype) -> list[Tensor]:
    """The window's taps for so many planes, down and across: `(planes, 1, 11, 1)` and `(planes, 1, 1, 11)`."""
    taps = torch.tensor(WINDOW, dtype=torch.float64).to(dtype)
    return [taps.view(1, 1, *shape).repeat(planes, 1, 1, 1) for shape in ((-1, 1), (1, -1))]


def windows(maps: Tensor) -> Tensor:
    """The window's means of `maps` `(N, C, H, W)`: `(N, C, H - 10, W - 10)`.

    Where C is last in memory, a tap is multiplied with as many planes at once as a register holds, and no zeros are
    multiplied, as they are in the products of `filtered`.
    """
    if maps.is_contiguous():
        return filtered(maps, WINDOW)
    for taps in _taps(maps.shape[1], maps.dtype):
        maps = F.conv2d(maps, taps, groups=len(taps))
    return maps


def contrast(planes: Tensor, luminance: bool = False) -> Tensor:
    """The contrast map `(N, H - 10, W - 10)` of `planes_of` two images; times the luminance, if so asked: the SSIM map.

    With V₊ and V₋ the variances of sum and difference, contrast = 1 - 2 V₋ / (V₊ + V₋ + 2 c2), which is the formula
    above, but exact where the images are alike; the luminance is the same of the squares of their means, with c1.
    """
    height, width = planes.shape[2:]
    if min(height, width) < SIZE:
        raise ValueError(f"a window of {SIZE} px does not fit into images of {height}x{width} px")
    maps = _room(4, planes[0])
    maps[:2] = planes
    torch.mul(planes, planes, out=maps[2:])
    found = windows(maps)
    squares, variances = found[:2].square_(), found[2:]
    variances.sub_(squares)
    lost = variances[1].div_(variances[0].add_(variances[1]).add_(2 * C2))
    if luminance:
        darker = squares[1].div_(squares[0].add_(squares[1]).add_(2 * C1))
        lost = torch.addcmul(darker, lost, darker, value=-2).add_(lost)
    return lost.mul_(-2).add_(1)


@torch.no_grad()
def ssim(restored: Tensor, clean: Tensor, region: Tensor | None) -> Tensor:
    """The mean `(N,)` of the SSIM map, over the windows whose centre lies in `region`; NaN where there is none."""

    def score(restored: Tensor, clean: Tensor, region: Tensor | None) -> Tensor:
        values = contrast(planes_of(restored, clean), luminance=True).unflatten(0, restored.shape[:2])
        return mean_inside(values, centres(region, SIZE)).mean(1)

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
        product, planes = restored.new_ones(restored.shape[:2]), planes_of(restored, clean)
        for scale, weight in enumerate(weights):
            if scale:
                planes = _halved(planes)
                region = None if region is None else _halved(region.to(planes.dtype)) >= 0.5
            values = contrast(planes, luminance=scale == len(weights) - 1).unflatten(0, product.shape)
            product *= mean_inside(values, centres(region, SIZE)).relu() ** weight
        return product.mean(1)

    with full_precision(clean.device):
        return in_parts(score, restored, clean, region)
