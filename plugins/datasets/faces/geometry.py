"""The vocabulary of the painter: antialiased covers, soft bumps, smooth noise and the head as an ellipsoid in space.

Every pixel operation is an addition, product, quotient, square root, minimum or look-up, which IEEE 754 rounds in one
way only: the images do not depend on how they are grouped in batches, nor on the kind of processor.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from benchbench import generator

CELLS, TEXELS = 64, 16  # the noise repeats after CELLS lattice cells, each sampled at TEXELS points a side


def root(x: Tensor) -> Tensor:
    """The square root as IEEE 754 rounds it. PyTorch's own is of Intel's MKL, whose last bit hangs on the processor."""
    return torch.as_tensor(np.sqrt(x.numpy()))


def cover(distance: Tensor, pixel: Tensor | float) -> Tensor:
    """The share of each pixel inside a shape (distance < 0), its edge antialiased over one `pixel`."""
    return (0.5 - distance / pixel).clamp(0, 1)


def stroke(distance: Tensor, half: Tensor | float, pixel: Tensor) -> Tensor:
    """A line of half-width `half` where `distance` is zero; one thinner than a pixel turns faint, not ragged."""
    return cover(distance.abs() - half, pixel) * (2 * half / pixel).clamp(max=1)


def bump(q: Tensor) -> Tensor:
    """A smooth hill of height 1 on the disc q < 1, where q is a squared distance over a squared radius."""
    rest = (1 - q).clamp_(min=0)
    return rest * rest


def hill(x: Tensor, y: Tensor, width: Tensor | float, height: Tensor | float) -> Tensor:
    """`bump` on an ellipse with these half axes."""
    x, y = x / width, y / height
    return bump(x * x + y * y)


def ramp(x: Tensor, low: Tensor | float, high: Tensor | float) -> Tensor:
    """0 below `low`, 1 above `high`, a smooth cubic between."""
    s = ((x - low) / (high - low)).clamp_(0, 1)
    return s * s * (3 - 2 * s)


def ellipse(x: Tensor, y: Tensor, width: Tensor | float, height: Tensor | float) -> Tensor:
    """Approximate signed distance from an ellipse around the origin."""
    x, y = x / width, y / height
    return (root(x * x + y * y) - 1) * torch.minimum(torch.as_tensor(width), torch.as_tensor(height))


def box(x: Tensor, y: Tensor, width: Tensor | float, height: Tensor | float, radius: Tensor | float) -> Tensor:
    """Signed distance from a box with rounded corners around the origin."""
    dx, dy = x.abs() - (width - radius), y.abs() - (height - radius)
    outside = root(dx.clamp(min=0) ** 2 + dy.clamp(min=0) ** 2)
    return outside + torch.maximum(dx, dy).clamp(max=0) - radius


def fraction(x: Tensor) -> Tensor:
    """Distance from the nearest integer, in [0, 1/2]: turns a coordinate into stripes."""
    return (x - x.round()).abs()


@functools.cache
def _noise_table() -> Tensor:
    """Value noise on a torus, `(CELLS * TEXELS)²` smooth samples with zero mean and unit variance, flat."""
    lattice = torch.rand(CELLS, CELLS, generator=generator("faces", "noise"), dtype=torch.float64) - 0.5
    step = torch.arange(TEXELS, dtype=torch.float64) / TEXELS
    blend = (step * step * (3 - 2 * step)).repeat(CELLS)
    rows = lattice.repeat_interleave(TEXELS, 0)
    following = lattice.roll(-1, 0).repeat_interleave(TEXELS, 0)
    rows = rows + (following - rows) * blend[:, None]
    table = rows.repeat_interleave(TEXELS, 1)
    table = table + (rows.roll(-1, 1).repeat_interleave(TEXELS, 1) - table) * blend
    return (table / root(table.square().mean())).float().flatten()


def noise(u: Tensor, v: Tensor) -> Tensor:
    """Smooth noise with unit variance and features of the size of one unit of `u` and `v`."""
    return _sample((u * TEXELS).floor_(), (v * TEXELS).floor_())


def broad_noise(u: Tensor, v: Tensor) -> Tensor:
    """The same noise, interpolated between its samples: for features of many pixels, which would show them."""
    x, y = u * TEXELS, v * TEXELS
    left, top = x.floor(), y.floor()
    x, y = x - left, y - top
    above = _sample(left, top) * (1 - x) + _sample(left + 1, top) * x
    below = _sample(left, top + 1) * (1 - x) + _sample(left + 1, top + 1) * x
    return above * (1 - y) + below * y


def _sample(column: Tensor, row: Tensor) -> Tensor:
    """Entries of the table at whole numbers. Beyond the last column goes on the next row, a sample below."""
    period = CELLS * TEXELS
    place = (row * period + column).int().bitwise_and_(period * period - 1)
    return _noise_table().index_select(0, place.view(-1)).view(place.shape)


@dataclass(frozen=True)
class Pose:
    """Cosines and sines of the head's angles, each `(n, 1, 1, 1)`. Yaw > 0 turns it to the right of the image."""

    yaw_cos: Tensor
    yaw_sin: Tensor
    pitch_cos: Tensor
    pitch_sin: Tensor

    def rows(self, rows: Tensor) -> Pose:
        """The poses of some of the heads."""
        return Pose(self.yaw_cos[rows], self.yaw_sin[rows], self.pitch_cos[rows], self.pitch_sin[rows])

    def project(self, x: Tensor | float, y: Tensor | float, z: Tensor | float) -> tuple[Tensor, Tensor]:
        """Where a point of the head (x right, y down, z to the viewer) is seen."""
        forward = self.yaw_cos * z - self.yaw_sin * x
        return self.yaw_cos * x + self.yaw_sin * z, self.pitch_cos * y + self.pitch_sin * forward

    def unproject(self, x: Tensor, y: Tensor, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The point of the head at view coordinates (x, y) and depth z."""
        forward = self.pitch_sin * y + self.pitch_cos * z
        return (
            self.yaw_cos * x - self.yaw_sin * forward,
            self.pitch_cos * y - self.pitch_sin * z,
            self.yaw_sin * x + self.yaw_cos * forward,
        )

    def ellipsoid(
        self, x: Tensor, y: Tensor, radii: tuple[Tensor, Tensor, Tensor]
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The visible point (X, Y, Z) of an ellipsoid at view coordinates (x, y), and the distance from its outline.

        Outside the outline, the point is the one at which the line of sight comes nearest.
        """
        zero, one = torch.zeros_like(self.yaw_cos), torch.ones_like(self.yaw_cos)
        start = self.unproject(x, y, zero)
        step = self.unproject(zero, zero, one)
        scaled_start = [s / r for s, r in zip(start, radii, strict=True)]
        scaled_step = [s / r for s, r in zip(step, radii, strict=True)]
        a = scaled_step[0] ** 2 + scaled_step[1] ** 2 + scaled_step[2] ** 2
        b = sum(p * d for p, d in zip(scaled_start, scaled_step, strict=True)) / a
        nearest = sum((p * p for p in scaled_start), -a * b * b)  # squared, 1 on the outline
        depth = root((1 - nearest).clamp_(min=0) / a) - b
        point = [s + depth * d for s, d in zip(start, step, strict=True)]
        return point[0], point[1], point[2], (root(nearest.clamp_(min=0)) - 1) * 0.85
