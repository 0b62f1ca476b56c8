"""Swirl: each point is turned about a centre, by an angle that decays exponentially with the distance from it.

    θ(ρ) = rotation + strength · exp(−ρ / r′),   r′ = radius · ln 2 / 5

The degraded pixel at polar position (ρ, φ) about the centre shows the clean image at (ρ, φ + θ(ρ)), interpolated
bilinearly, with mirrored borders. At ρ = radius less than a thousandth of the strength is left: for 13 rad and 50 px
that still is a shift of half a pixel. This is `skimage.transform.swirl` with its defaults, but with parameters of its
own for each image. As θ depends on ρ alone, which the swirl leaves unchanged, the same swirl with −strength and
−rotation is its exact inverse (but for what the interpolation has lost).

Near the centre a pixel sees a whole arc of the clean image, of which sampling at one point shows a dot. A full-size
portrait that is swirled and then scaled down shows the arc's mean. `supersample` comes near to that from the image as
it is prepared: enlarged, swirled, and averaged down again. The enlarged image is such that averaging it down gives the
image itself, so that nothing is softened where nothing is swirled. Of 512 px portraits swirled in full and then scaled
to 64 and 128 px, plain sampling gives 35.3 and 38.1 dB, 4-fold supersampling 38.6 and 42.7 dB.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from benchbench import Degradation, Degraded, Draw, Range, hookimpl, param

from ._warp import offsets, turn

# Pixels turned at once on a CPU: their maps stay in its cache. At least an image a thread, as threads share images out.
CPU_POINTS = 2**16


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Swirl]


@dataclass(frozen=True)
class Swirl(Degradation):
    """Swirl about a centre, as in scikit-image; strength and radius drawn for each image.

    The region is the disc ρ ≤ radius, beyond which the swirl fades out; with a rotation, all. The truth has `strength`
    and `rotation` (N,) in radians, `radius` (N,) in pixels and `centre` (N, 2), the column and row in pixels.
    """

    name = "swirl"
    strength: Range = param(Range(8, 15), "angle at the centre", low=-100, high=100, unit="rad")
    radius: Range = param(Range(0.29, 0.49), "where it ends, as a fraction of the shorter side", low=0.001, high=10)
    rotation: Range = param(Range(0, 0), "angle by which all is turned besides", low=-100, high=100, unit="rad")
    centre_x: Range = param(Range(0.5, 0.5), "column of the centre, as a fraction of the width", low=0, high=1)
    centre_y: Range = param(Range(0.5, 0.5), "row of the centre, as a fraction of the height", low=0, high=1)
    supersample: int = param(1, "times the size at which it is rendered; 4 is nearly full size", low=1, high=16)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        height, width = clean.shape[-2:]
        truth = {
            "strength": draw.within(self.strength),
            "radius": draw.within(self.radius) * min(height, width),
            "rotation": draw.within(self.rotation),
            "centre": torch.stack((draw.within(self.centre_x) * width, draw.within(self.centre_y) * height), 1),
        }
        dx, dy = offsets(truth["centre"], height, width)
        reach = truth["radius"].where(truth["rotation"] == 0, math.inf)
        region = dx**2 + dy**2 <= reach.view(-1, 1, 1) ** 2
        return Degraded(supersampled(clean, self.supersample, **truth), region[:, None], truth)

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        return swirl(degraded, **_backwards(truth))

    def flow(self, truth: Mapping[str, Tensor], height: int, width: int) -> Tensor:
        back = _backwards(truth)
        dx, dy = offsets(back["centre"], height, width)
        angle = angles(dx, dy, back["strength"], back["radius"], back["rotation"])
        sine, less_one = angle.sin(), -2 * (angle / 2).sin() ** 2  # cos − 1, exact for small angles too
        return torch.stack((dx * less_one - dy * sine, dx * sine + dy * less_one), 1)


def _backwards(truth: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {**truth, "strength": -truth["strength"], "rotation": -truth["rotation"]}


def swirl(images: Tensor, strength: Tensor, radius: Tensor, rotation: Tensor, centre: Tensor) -> Tensor:
    """Swirl `images` (N,C,H,W): `strength`, `rotation` (N,) in radians, `radius` (N,) and `centre` (N,2) in pixels."""
    height, width = images.shape[-2:]
    part = max(torch.get_num_threads(), CPU_POINTS // (height * width)) if images.is_cpu else len(images)
    turned = torch.empty_like(images)
    for first in range(0, len(images), part):  # no result depends on how many are in a part
        rows = slice(first, first + part)
        dx, dy = offsets(centre[rows], height, width)
        angle = angles(dx, dy, strength[rows], radius[rows], rotation[rows])
        turned[rows] = turn(images[rows], centre[rows], dx, dy, angle, "reflection")
    return turned


def supersampled(images: Tensor, factor: int, radius: Tensor, centre: Tensor, **turns: Tensor) -> Tensor:
    """`swirl` of the images enlarged by a whole `factor`, averaged down to their size again."""
    if factor == 1:
        return swirl(images, radius=radius, centre=centre, **turns)
    middle = (factor - 1) / 2  # of the first pixel, among those that it becomes
    large = swirl(enlarged(images, factor), radius=radius * factor, centre=centre * factor + middle, **turns)
    return F.avg_pool2d(large, factor)


def enlarged(images: Tensor, factor: int) -> Tensor:
    """Images enlarged bicubically, and corrected so that the mean of what a pixel became is that pixel."""
    large = F.interpolate(images, scale_factor=factor, mode="bicubic", align_corners=False)
    return large + F.interpolate(images - F.avg_pool2d(large, factor), scale_factor=factor)


def angles(dx: Tensor, dy: Tensor, strength: Tensor, radius: Tensor, rotation: Tensor) -> Tensor:
    """θ (N,h,w) at the offsets `dx` (N,1,w), `dy` (N,h,1) from the centre."""
    decay = -5 / math.log(2) / radius
    angle = torch.sqrt(dx**2 + dy**2).mul_(decay.view(-1, 1, 1)).exp_()
    return angle.mul_(strength.view(-1, 1, 1)).add_(rotation.view(-1, 1, 1))
