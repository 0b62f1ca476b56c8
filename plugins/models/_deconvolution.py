"""What the deconvolvers share: exact boundaries in the Fourier domain, and whether a degradation has a known kernel.

An image whose border reflects (d c b a | a b c d | d c b a) is one period of an even image of twice the size, so
blurring it with a kernel that is symmetric in both axes is a plain product of spectra, without any seam at the border.
"""

from __future__ import annotations

import torch
from torch import Tensor

from benchbench import Task

from ._probe import probe


def extended(images: Tensor) -> Tensor:
    """`(N, C, H, W)` to one period `(N, C, 2H, 2W)` of its reflections."""
    images = torch.cat([images, images.flip(-1)], dim=-1)
    return torch.cat([images, images.flip(-2)], dim=-2)


def transfer(kernels: Tensor, height: int, width: int) -> Tensor:
    """What correlation with kernels `(N, 1, h, w)` does to the spectrum `rfft2` of `height`×`width` periodic images."""
    rows, columns = (
        (torch.arange(side, device=kernels.device) - side // 2) % period
        for side, period in zip(kernels.shape[-2:], (height, width), strict=True)
    )
    tall = kernels.new_zeros(len(kernels), 1, height, kernels.shape[-1]).index_add(2, rows, kernels)
    whole = kernels.new_zeros(len(kernels), 1, height, width).index_add(3, columns, tall)
    return torch.fft.rfft2(whole).conj()


def filtered(images: Tensor, response: Tensor) -> Tensor:
    """Periodic images `(N, C, H, W)` with their spectrum multiplied by `response`."""
    return torch.fft.irfft2(torch.fft.rfft2(images) * response, s=images.shape[-2:])


def confined(restored: Tensor, degraded: Tensor, region: Tensor | None) -> Tensor:
    """`restored` where the degradation acted, `degraded` elsewhere."""
    return restored if region is None else torch.where(region, restored, degraded)


def no_kernel(task: Task) -> str | None:
    """Why a deconvolver cannot run on the task, or None where the degradation tells the kernel of its blur."""
    if "kernel" in probe(task).truth:
        return None
    return f"needs a blur with a known kernel, which {task.degradation.name} is not"
