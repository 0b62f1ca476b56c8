"""Motion blur: the mean of n points along a line, one pixel apart, and a sensor's noise after it.

    degraded(p) = 1/n · Σ clean(p + t·(cos α, −sin α)),   t = −⌊n/2⌋ … n − 1 − ⌊n/2⌋

with bilinear interpolation between pixels and borders that reflect about the outer pixels' edges. At α = 0 it is the
horizontal mean over n pixels, `scipy.ndimage.uniform_filter1d(size=n)`. A camera that moves evenly along a line while
the shutter is open gives this blur (Sondhi 1972, "Image restoration: the removal of spatially invariant degradations").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Graded, Range, graded, hookimpl, param

from ._filters import correlate, filter_axis
from ._noise import SENSOR, with_noise


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [MotionBlur]


@dataclass(frozen=True)
class MotionBlur(Graded):
    """Motion blur: the mean of n pixels along a line, whose direction each image draws for itself.

    The truth has `length` (N,) in pixels, `angle` (N,) in degrees, the `kernel` (N,1,k,k) that the image was
    correlated with, and the standard deviation of the `noise` (N,).
    """

    name = "motion-blur"
    length: Range | None = graded("points averaged, a whole number", (5, 7, 9, 13, 17), low=1, high=127, unit="px")
    angle: Range = param(Range(-90, 90), "direction, counter-clockwise from horizontal", low=-360, high=360, unit="°")
    noise: Range = param(SENSOR, "standard deviation of the noise, in units of [0, 1]", low=0, high=1)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        length, angle = self.amounts(draw)["length"].round(), draw.within(self.angle)
        reach = round(self.span("length").high) // 2
        kernel = line(length, angle, reach)
        images, noise = with_noise(self._blurred(clean, kernel, reach), self.noise, draw)
        return Degraded(images, truth={"length": length, "angle": angle, "kernel": kernel, "noise": noise})

    def _blurred(self, clean: Tensor, kernel: Tensor, reach: int) -> Tensor:
        if self.angle == Range(0, 0):
            return filter_axis(clean, kernel[:, 0, reach], 3)
        rows, columns = (_margin(reach, self.angle, turn) for turn in (-90, 0))
        size = 2 * reach + 1
        return correlate(clean, kernel[..., rows : size - rows, columns : size - columns])


def line(length: Tensor, angle: Tensor, reach: int) -> Tensor:
    """Kernels (N,1,k,k), k = 2·`reach` + 1, for `length` (N,) in pixels and `angle` (N,) in degrees; sum 1."""
    steps = torch.arange(-reach, reach + 1, device=length.device, dtype=length.dtype)  # (k,)
    before = (length / 2).floor()[:, None]
    used = ((steps >= -before) & (steps < length[:, None] - before)).to(length.dtype)  # (N,k)
    radians = torch.deg2rad(angle)[:, None]
    x, y = steps * radians.cos(), -steps * radians.sin()
    across, down = ((1 - (position[..., None] - steps).abs()).clamp(min=0) for position in (x, y))  # (N,step,k)
    kernel = torch.einsum("nt,nty,ntx->nyx", used / length[:, None], down, across)
    return kernel[:, None]


def _margin(reach: int, angle: Range, turn: float) -> int:
    """How many outer columns of the kernel (rows: with `turn` −90) stay empty, where the angle is fixed."""
    if angle.low != angle.high:
        return 0
    return reach - math.ceil(reach * abs(math.cos(math.radians(angle.low + turn))) - 1e-6)
