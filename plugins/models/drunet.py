"""DRUNet: a U-shaped network of residual blocks without biases (Zhang et al. 2021, IEEE TPAMI, arXiv 2008.13751).

    head 3×3 | three levels down, a bottom, three levels up | tail 3×3       no bias, no normalisation

A level is some residual blocks `x + conv(ReLU(conv x))`, then a 2×2 convolution that halves the resolution and doubles
the channels, all that lies deeper, a transposed 2×2 convolution, and as many blocks; what came into the level is added.
Without biases the network's output scales with its input (Mohan et al. 2020, arXiv 1906.05478).

The paper's network gets a map of the noise's level as a fourth channel. Nobody tells it here, so that this is the blind
variant, of 32,640,384 parameters in the preset `32m`; with the map it has 576 more. The other presets are the same
architecture at capacities that train in minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import nn

from benchbench import Model, Recipe, Task, hookimpl, param

from ._blocks import Padded, Residual, conv

LEVELS = 3


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [DRUNet]


@dataclass(frozen=True)
class Shape:
    """Channels at full resolution, and residual blocks: as many at each level down and up, and at the bottom."""

    width: int
    blocks: int


PRESETS = {"36k": Shape(4, 1), "144k": Shape(8, 1), "510k": Shape(8, 4), "32m": Shape(64, 4)}


@dataclass(frozen=True)
class DRUNet(Model):
    """U-shaped network of residual blocks without biases."""

    name = "drunet"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=100, batch=8, lr=1e-3, clip=1.0)

    preset: Literal["36k", "144k", "510k", "32m"] = param("144k", "capacity, in parameters; 32m is the paper's")

    def build(self, task: Task) -> nn.Module:
        shape = PRESETS[self.preset]
        head = conv(task.channels, shape.width, bias=False)
        tail = conv(shape.width, task.channels, bias=False)
        return Padded(2**LEVELS, nn.Sequential(head, level(shape.width, shape.blocks, LEVELS), tail))


def level(width: int, count: int, depth: int) -> nn.Module:
    """Blocks, all that lies deeper at half the resolution, and blocks; or the bottom's blocks. The input is added."""
    if depth == 0:
        return Residual(*blocks(width, count))
    down = nn.Conv2d(width, 2 * width, 2, stride=2, bias=False)
    up = nn.ConvTranspose2d(2 * width, width, 2, stride=2, bias=False)
    return Residual(*blocks(width, count), down, level(2 * width, count, depth - 1), up, *blocks(width, count))


def blocks(width: int, count: int) -> list[nn.Module]:
    return [Residual(conv(width, width, bias=False), nn.ReLU(), conv(width, width, bias=False)) for _ in range(count)]
