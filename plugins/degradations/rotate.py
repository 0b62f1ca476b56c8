"""Rotation about the image's middle, with bilinear interpolation; black comes in at the corners.

The same as `skimage.transform.rotate(image, angle, clip=False)`, but with an angle of its own for each image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Range, hookimpl, param

from ._warp import offsets, turn


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Rotate]


@dataclass(frozen=True)
class Rotate(Degradation):
    """Rotation about the middle, counter-clockwise; the inverse rotates back, but what left the image is lost."""

    name = "rotate"
    angle: Range = param(Range(-45, 45), "counter-clockwise angle", low=-360, high=360, unit="°")

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        angle = draw.within(self.angle)
        return Degraded(rotate(clean, angle), truth={"angle": angle})

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        return rotate(degraded, -truth["angle"])


def rotate(images: Tensor, angle: Tensor) -> Tensor:
    """Rotate `images` (N,C,H,W) counter-clockwise by `angle` (N,) in degrees."""
    height, width = images.shape[-2:]
    centre = images.new_tensor([[(width - 1) / 2, (height - 1) / 2]])
    return turn(images, centre, *offsets(centre, height, width), torch.deg2rad(angle).view(-1, 1, 1), "zeros")
