"""A compact residual U-Net: three resolutions below the image's, sums as skips, and a correction that starts at zero.

    image ─ pixel-unshuffle ─ block ───────────────── + block ─ pixel-shuffle ─ + image
                               └ block ────── + block ┘
                                  └── block ──┘

After Ronneberger et al. 2015 (arXiv 1505.04597), without normalisation, as is usual in restoration since EDSR
(Lim et al. 2017, arXiv 1707.02921). It never works at full resolution: pixel-unshuffle (Shi et al. 2016, arXiv
1609.05158) keeps all of the image in a quarter of the pixels, so most of the work is in wide, fast convolutions.
Mean squared error is the loss because PSNR is its monotone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from benchbench import Model, Recipe, Task, hookimpl, param

from ._blocks import Padded, Residual, conv, zeroed


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [UNet]


@dataclass(frozen=True)
class UNet(Model):
    """Compact residual U-Net."""

    name = "unet"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=100, batch=16, lr=2e-3, optimizer="adamw", clip=1.0)

    width: int = param(32, "channels at half resolution; 2 and 3 times as many below", low=8, high=512)

    def build(self, task: Task) -> nn.Module:
        width, folded = self.width, 4 * task.channels
        body = nn.Sequential(
            nn.PixelUnshuffle(2),  # (N, C, H, W) -> (N, 4C, H/2, W/2)
            conv(folded, width),
            levels(width, 2 * width, 3 * width),
            zeroed(conv(width, folded)),
            nn.PixelShuffle(2),
        )
        return Padded(8, Residual(body))


def levels(width: int, *deeper: int) -> nn.Sequential:
    """A block, all that lies deeper as a correction at half the resolution, and another block."""
    if not deeper:
        return nn.Sequential(block(width))
    below = Residual(down(width, deeper[0]), levels(*deeper), up(deeper[0], width))
    return nn.Sequential(block(width), below, block(width))


def block(width: int) -> Residual:
    return Residual(conv(width, width), nn.ReLU(), conv(width, width))


def down(width: int, deeper: int) -> nn.Module:
    return nn.Conv2d(width, deeper, 2, stride=2)


def up(deeper: int, width: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(deeper, 4 * width, 1), nn.PixelShuffle(2))
