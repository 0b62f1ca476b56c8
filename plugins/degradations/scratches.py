"""An old print: scratched, dusty, faded and grainy.

In the order in which a print suffers them: the silver's grain; fading, which lifts the blacks, lowers the contrast and
yellows, more at one side; dust, in specks that are clusters of pixels, light or dark; scratches, thin, slightly bent,
broken lines, most of them light, as they lay bare the paper. The recipe after Wan et al. 2020, "Bringing old photos
back to life" (arXiv 2004.09484), whose scratches are photographs of scratched paper; here lines are drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Graded, Range, graded, hookimpl

PAPER = (0.86, 0.78, 0.64)
"""What white and black fade towards."""
MOST = 24
"""Scratches on one image."""
TWICE = 18 / 35
"""What noise that `_soft` has smoothed twice must be multiplied by to have its variance again."""


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Scratches]


@dataclass(frozen=True)
class Scratches(Graded):
    """Old photographs: scratches, dust, fading and grain.

    The truth has `count` (N,) of scratches, and how much there is of `dust`, `fading` and `grain` (N,).
    """

    name = "scratches"
    count: Range | None = graded(
        "scratches, a whole number", ((1, 2), (2, 4), (4, 6), (6, 10), (10, 16)), low=0, high=MOST
    )
    dust: Range | None = graded(
        "part of the image that specks cover", (0.002, 0.004, 0.007, 0.011, 0.016), low=0, high=0.5
    )
    fading: Range | None = graded("how far it has turned to paper", (0.08, 0.16, 0.26, 0.38, 0.5), low=0, high=1)
    grain: Range | None = graded("standard deviation of the grain", (0.015, 0.025, 0.04, 0.055, 0.075), low=0, high=1)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        amounts = self.amounts(draw)
        amounts["count"] = amounts["count"].round()
        images = clean + grain(clean, draw) * _wide(amounts["grain"])
        images = faded(images.clamp_(0, 1), amounts["fading"], draw)
        for cover, ink in (specks(images, amounts["dust"], draw), lines(images, amounts["count"], draw)):
            images = images.lerp(ink, cover)
        return Degraded(images, truth=amounts)


def _wide(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1, 1)


def grain(images: Tensor, draw: Draw) -> Tensor:
    """Grain (N,1,H,W) of variance one, alike in all channels, somewhat coarser than a pixel."""
    height, width = images.shape[2:]
    return _soft(draw.normal((1, height + 2, width + 2)))


def _soft(noise: Tensor) -> Tensor:
    """White noise (N,1,H+2,W+2), smoothed over 3×3 pixels to (N,1,H,W), of the same variance at the border, too."""
    rows = noise[..., 1:-1, :].mul(2).add_(noise[..., :-2, :]).add_(noise[..., 2:, :])  # (1 2 1)
    return rows[..., 1:-1].mul(2).add_(rows[..., :-2]).add_(rows[..., 2:]).div_(6)


def faded(images: Tensor, fading: Tensor, draw: Draw) -> Tensor:
    """Images turned towards the paper's colour, and less colourful: by more at one side than at the other."""
    height, width = images.shape[-2:]
    angle = _wide(draw.uniform(0, 2 * math.pi))
    across = torch.linspace(-1, 1, width, device=images.device)
    down = torch.linspace(-1, 1, height, device=images.device)[:, None]
    amount = (_wide(fading) * (1 + 0.35 * (across * angle.cos() + down * angle.sin()))).clamp(0, 1)  # (N,1,H,W)
    paper = images.new_tensor(PAPER if images.shape[1] == 3 else (0.8,) * images.shape[1]).view(-1, 1, 1)
    grey = images.mean(1, keepdim=True)
    return images.lerp(grey * (paper / paper.mean()), amount).lerp(paper, 0.8 * amount)


def specks(images: Tensor, dust: Tensor, draw: Draw) -> tuple[Tensor, Tensor]:
    """How far dust covers each pixel, and its colour (both (N,1,H,W)): the peaks and troughs of smooth noise."""
    height, width = images.shape[2:]
    field = _soft(_soft(draw.normal((1, height + 4, width + 4)))) * TWICE
    part = _wide(dust).clamp(1e-6, 1 - 1e-6)
    bound = math.sqrt(2) * torch.erfinv(1 - part)  # |field| exceeds it in that part of the image
    cover = ((field.abs() - bound) / 0.8 + 0.3).clamp(0, 1) * (_wide(dust) > 0)
    return 0.9 * cover, torch.where(field + 0.2 > 0, 0.9, 0.2)


def lines(images: Tensor, count: Tensor, draw: Draw) -> tuple[Tensor, Tensor]:
    """How far scratches cover each pixel, and their colour (both (N,1,H,W)), of which each image has `count` (N,).

    Each is a row of points a pixel apart, which paint the pixels around them by their distance from the line.
    """
    n, _, height, width = images.shape
    drawn = draw.uniform(shape=(MOST, 10))  # all of them at once: how many are drawn depends on no other image
    most = int(count.max()) if n else 0
    x, y, across, thick, strength, dark = _points(height, width, drawn[:, :most])
    strength = strength * (torch.arange(most, device=images.device) < count[:, None])[..., None]
    near = torch.arange(-1, 2, device=images.device)
    columns, rows = x.round()[..., None] + near, y.round()[..., None] + near  # (N,k,points,3)
    aside = ((columns - x[..., None]) * across[0][..., None])[..., None, :]
    aside = aside + ((rows - y[..., None]) * across[1][..., None])[..., None]  # (N,k,points,3,3)
    cover = (thick[..., None, None] + 0.5 - aside.abs()).clamp_(0, 1) * strength[..., None, None]
    beside, beyond = ((place < 0) | (place >= length) for place, length in ((columns, width), (rows, height)))
    cover = cover.masked_fill_(beside[..., None, :], 0).masked_fill_(beyond[..., None], 0)
    rows = dark[..., None] * height + rows.clamp(0, height - 1)  # in a layer for each colour
    place = (rows * width)[..., None].long() + columns.clamp(0, width - 1)[..., None, :].long()
    layers = images.new_zeros(n, 2 * height * width)
    layers.scatter_reduce_(1, place.flatten(1), cover.flatten(1), "amax")
    light, black = layers.view(n, 2, 1, height, width).unbind(1)
    return torch.maximum(light, black), torch.where(light >= black, 0.93, 0.12)


def _points(
    height: int, width: int, drawn: Tensor
) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor], Tensor, Tensor, Tensor]:
    """Points of scratches, (N,k,points): column, row, normal, half width in pixels, strength, and 1 where dark."""
    x, y, angle, bend, half, thick, strength, shade, wobble, phase = (v[..., None] for v in drawn.unbind(2))
    side = min(height, width)
    angle = math.pi * (0.5 + (angle - 0.5) ** 3 * 4)  # most of them near the vertical, in which prints are pulled
    half = 0.1 + 0.6 * half
    along = torch.linspace(-1, 1, math.ceil(1.4 * side) + 1, device=drawn.device) * half  # in units of the side
    bent = 0.5 * (bend - 0.5) * along**2 + 0.01 * torch.sin(along * (6 + 12 * wobble) + 6 * phase)
    cosine, sine = angle.cos(), angle.sin()
    columns = x * (width - 1) + side * (along * cosine - bent * sine)
    rows = y * (height - 1) + side * (along * sine + bent * cosine)
    ends = ((half - along.abs()) * 8).clamp(0, 1)
    broken = (0.75 + 0.5 * torch.sin(along * (9 + 20 * phase) + 9 * wobble)) * (0.4 + 0.5 * strength)
    thick = (0.25 + 0.5 * thick * max(1.0, side / 96)).clamp(max=1).expand_as(along)  # hairlines at every size
    dark = (shade > 0.75).expand_as(along)
    return columns, rows, (-sine, cosine), thick, ends * broken.clamp(0, 0.95), dark.long()
