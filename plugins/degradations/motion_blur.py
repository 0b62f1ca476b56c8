"""Motion blur: the mean of n points along a line, one pixel apart.

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

from benchbench import Degradation, Degraded, Draw, Range, hookimpl, param

from ._filters import correlate, filter_axis
from ._integers import integers


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [MotionBlur]


@dataclass(frozen=True)
class MotionBlur(Degradation):
    """Motion blur: the mean of n pixels along a line, horizontal by default.

    The truth has `length` (N,) in pixels, `angle` (N,) in degrees, and the `kernel` (N,1,k,k) that the image was
    correlated with.
    """

    name = "motion-blur"
    length: Range = param(Range(9, 9), "points averaged, a whole number", low=1, high=127, unit="px")
    angle: Range = param(Range(0, 0), "direction, counter-clockwise from horizontal", low=-360, high=360, unit="°")

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        length, angle = integers(draw, self.length), draw.within(self.angle)
        reach = round(self.length.high) // 2
        kernel = line(length, angle, reach)
        truth = {"length": length, "angle": angle, "kernel": kernel}
        if self.angle == Range(0, 0):
            return Degraded(filter_axis(clean, kernel[:, 0, reach], 3), truth=truth)
        rows, columns = (_margin(reach, self.angle, turn) for turn in (-90, 0))
        size = 2 * reach + 1
        return Degraded(correlate(clean, kernel[..., rows : size - rows, columns : size - columns]), truth=truth)


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
