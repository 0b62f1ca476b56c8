"""What the deconvolvers share: what a blur with a known kernel makes of a scene, and how much noise there is.

A photograph shows a part of a scene, and near its border a blur mixes in what lies outside. So the scene that is sought
is larger than the image by the kernel's reach. Nothing is assumed of how a degradation treats the border: any kernel
will do, oblique ones too, as will mirrored, repeated and black borders.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from benchbench import Task

from ._probe import probe

SENSOR = 0.01
"""Standard deviation of the noise where the degradation tells none: that of a photograph in good light."""
ROUNDING = 1 / (12 * 255**2)
"""Variance of the noise that rounding to 8 bits makes."""


class Blur:
    """Correlation with a kernel per image, `(N, 1, h, w)`, of a scene of which images of `height`×`width` are a part.

    Outside of the region, bool `(N, 1, height, width)`, the image shows the scene as it is.
    """

    def __init__(self, kernels: Tensor, height: int, width: int, region: Tensor | None = None) -> None:
        down, across = kernels.shape[-2] // 2, kernels.shape[-1] // 2
        self.margins = (across, across, down, down)
        self.size = (height, width)
        self.response = transfer(kernels, height + 2 * down, width + 2 * across)
        self.region = region

    def scene(self, images: Tensor) -> Tensor:
        """Extend images `(N, C, H, W)` to a scene, by their outermost pixels."""
        return F.pad(images, self.margins, mode="replicate")

    def cut(self, scene: Tensor) -> Tensor:
        """Cut the images out of a scene."""
        left, _, top, _ = self.margins
        return scene[..., top : top + self.size[0], left : left + self.size[1]]

    def __call__(self, scene: Tensor) -> Tensor:
        """Return the blurred images of a scene."""
        blurred = self.cut(filtered(scene, self.response))
        return blurred if self.region is None else torch.where(self.region, blurred, self.cut(scene))

    def transposed(self, images: Tensor) -> Tensor:
        """Apply the transpose of the blur, as a matrix: each pixel goes to where it came from in the scene."""
        inside = images if self.region is None else images * self.region
        spread = filtered(F.pad(inside, self.margins), self.response.conj())
        return spread if self.region is None else spread + F.pad(images * ~self.region, self.margins)

    def misfit(self, scene: Tensor, images: Tensor) -> Tensor:
        """Mean square, `(N, 1, 1, 1)`, of what the blurred scene is off the images, where it is blurred."""
        error = (self(scene) - images).square()  # summed an axis at a time: the batch's size changes no sum
        total = error.sum(3, keepdim=True).sum(2, keepdim=True).mean(1, keepdim=True)
        if self.region is None:
            return total / (self.size[0] * self.size[1])
        return total / self.region.sum((2, 3), keepdim=True).clamp(min=1)


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


def noise_variance(degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
    """Variance of the noise, `(N, 1, 1, 1)`: what the truth tells of it, or a sensor's, and that of rounding."""
    sigma = truth["noise"] if "noise" in truth else degraded.new_full((len(degraded),), SENSOR)
    return sigma.view(-1, 1, 1, 1) ** 2 + ROUNDING


def no_kernel(task: Task) -> str | None:
    """Why a deconvolver cannot run on the task, or None where the degradation tells the kernel of its blur."""
    if "kernel" in probe(task).truth:
        return None
    return f"needs a blur with a known kernel, which {task.degradation.name} is not"
