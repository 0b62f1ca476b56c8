"""Losses inside a mask: dissimilarity, smoothness of a displacement field, and the distance of VGG16's features."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from benchbench import missing_weights

from ._vgg16 import VGG16, vgg16_stages

WINDOW, SIGMA = 11, 1.5
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def masked_mean(values: Tensor, mask: Tensor | None) -> Tensor:
    """Mean of `(N, C, H, W)` over the pixels that are true in `(N, 1, H, W)`; zero where none is."""
    if mask is None:
        return values.mean()
    return (values * mask).sum() / (mask.sum() * values.shape[1]).clamp(min=1)


def dissimilarity(restored: Tensor, clean: Tensor, mask: Tensor | None) -> Tensor:
    """1 − SSIM (Wang et al. 2004: Gaussian 11×11, σ 1.5), over windows centred in the mask; borders are mirrored."""
    stack = torch.cat([restored, clean, restored**2, clean**2, restored * clean])
    x, y, xx, yy, xy = smoothed(stack).chunk(5)
    c1, c2 = 0.01**2, 0.03**2
    structure = (2 * (xy - x * y) + c2) / (xx - x**2 + yy - y**2 + c2)
    luminance = (2 * x * y + c1) / (x**2 + y**2 + c1)
    return masked_mean(1 - luminance * structure, mask)


def smoothed(images: Tensor) -> Tensor:
    """Images under the Gaussian window, of the same size."""
    steps = torch.arange(WINDOW, device=images.device, dtype=images.dtype) - WINDOW // 2
    line = (-(steps**2) / (2 * SIGMA**2)).exp()
    line = (line / line.sum()).expand(images.shape[1], 1, 1, -1)
    padded = F.pad(images, (WINDOW // 2,) * 4, mode="reflect")
    rows = F.conv2d(padded, line, groups=images.shape[1])
    return F.conv2d(rows, line.transpose(2, 3), groups=images.shape[1])


def roughness(field: Tensor, mask: Tensor | None) -> Tensor:
    """Mean absolute difference of neighbouring displacements of `(N, 2, H, W)`, both in the mask."""
    total = field.new_zeros(())
    for axis in (2, 3):
        length = field.shape[axis] - 1
        pair = None if mask is None else mask.narrow(axis, 0, length) & mask.narrow(axis, 1, length)
        total = total + masked_mean(field.diff(dim=axis).abs(), pair)
    return total


def perceptual_missing() -> str | None:
    """Why the perceptual loss cannot be had, or None."""
    reason = missing_weights(VGG16)
    return None if reason is None else f"the perceptual term was left out: {reason}"


def perceptual(restored: Tensor, clean: Tensor, mask: Tensor | None) -> Tensor:
    """Mean squared distance of VGG16's features (Johnson et al. 2016, arXiv 1603.08155), zero outside the mask."""
    if mask is not None:
        clean = torch.where(mask, clean, restored.detach())
    stages = vgg16_stages(restored.device)
    x, y, total = _normalised(restored), _normalised(clean), restored.new_zeros(())
    for stage in stages:
        x = stage(x)
        with torch.no_grad():
            y = stage(y)
        total = total + (x - y).float().square().mean()
    return total / len(stages)


def _normalised(images: Tensor) -> Tensor:
    images = images.expand(-1, 3, -1, -1)
    mean, std = (images.new_tensor(values).view(-1, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    return (images - mean) / std
