"""Linear filters with a kernel of its own for each image; borders reflect as in `scipy.ndimage`'s mode "reflect"."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

BLOCK = 128  # outputs of one product: more of them multiply more zeros of the band, fewer make more calls


def filter_axis(images: Tensor, weights: Tensor, axis: int) -> Tensor:
    """Correlate one axis (2: rows, 3: columns) of `images` (N,C,H,W) with the 1-D kernels `weights` (N,k), k odd.

    Products with a banded matrix that has the border built in: at portrait sizes several times faster than shifting
    and adding, or a grouped convolution.
    """
    length, margin = images.shape[axis], weights.shape[1] // 2
    band = _band(length, weights)
    parts = []
    for first in range(0, length, BLOCK):
        inputs = slice(max(0, first - margin), first + BLOCK + margin)
        part, seen = band[:, first : first + BLOCK, inputs], images.movedim(axis, 0)[inputs].movedim(0, axis)
        if axis == 3:
            parts.append((seen.flatten(1, 2) @ part.mT).unflatten(1, images.shape[1:3]))
        else:  # a channel at a time, as a product with all of them would first copy the matrix for each
            parts.append(torch.stack([part @ channel for channel in seen.unbind(1)], 1))
    return torch.cat(parts, axis) if len(parts) > 1 else parts[0]


def _band(length: int, weights: Tensor) -> Tensor:
    """The matrices (N,length,length) that correlate `length` pixels with `weights` (N,k)."""
    n, taps = weights.shape
    source = _reflected(length, taps // 2, weights.device).unfold(0, taps, 1)  # (length,k)
    shape = (n, length, taps)
    return weights.new_zeros(n, length, length).scatter_add_(2, source.expand(shape), weights[:, None].expand(shape))


def correlate(images: Tensor, kernels: Tensor) -> Tensor:
    """Correlate each of `images` (N,C,H,W) with its own kernel of `kernels` (N,1,h,w), h and w odd."""
    height, width = images.shape[-2:]
    padded = images.index_select(-2, _reflected(height, kernels.shape[-2] // 2, images.device))
    padded = padded.index_select(-1, _reflected(width, kernels.shape[-1] // 2, images.device))
    # Images stand as the channels of a depthwise convolution, so that each meets its own kernel.
    return F.conv2d(padded.transpose(0, 1), kernels, groups=len(images)).transpose(0, 1).contiguous()


def _reflected(length: int, margin: int, device: torch.device) -> Tensor:
    """Indices that extend an axis on both sides: (d c b a | a b c d | d c b a); beyond one length it repeats."""
    index = torch.arange(-margin, length + margin, device=device) % (2 * length)
    return torch.minimum(index, 2 * length - 1 - index)
