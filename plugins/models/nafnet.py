"""NAFNet, the U-shaped network without activation functions (Chen et al. 2022, arXiv 2204.04676).

A block is two residuals, each scaled by a learned factor a channel that starts at zero:

    x + β · 1×1( attention( gate( depthwise 3×3( 1×1( norm x )))))        gate: product of the two channel halves
    y + γ · 1×1( gate( 1×1( norm y )))                                    attention: simplified channel attention

Each level down halves the resolution with a 2×2 convolution and doubles the channels; up goes by a 1×1 convolution
and pixel-shuffle, with the encoder's output of that level added. The paper's networks have 17 million parameters and
more; the presets are the same architecture at capacities that train in minutes. The paper descends PSNR itself, here
it is the mean squared error, of which PSNR is a function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import nn

from benchbench import Model, Recipe, Task, hookimpl, param

from ._blocks import ChannelAttention, LayerNorm2d, Padded, Residual, Scaled, SimpleGate, conv, zeroed


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [NAFNet]


@dataclass(frozen=True)
class Shape:
    """Channels at full resolution, and blocks: two at each level, one down and one up, and some at the bottom."""

    width: int
    levels: int
    bottom: int


PRESETS = {"20k": Shape(8, 2, 1), "104k": Shape(16, 2, 2), "289k": Shape(16, 3, 1)}


@dataclass(frozen=True)
class NAFNet(Model):
    """U-shaped network of gated blocks without activation functions."""

    name = "nafnet"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=100, batch=8, lr=2e-3, optimizer="adamw", clip=1.0)

    preset: Literal["20k", "104k", "289k"] = param("104k", "capacity, in parameters")

    def build(self, task: Task) -> nn.Module:
        shape = PRESETS[self.preset]
        body = nn.Sequential(
            conv(task.channels, shape.width),
            levels(shape.width, shape.levels, shape.bottom),
            zeroed(conv(shape.width, task.channels)),
        )
        return Padded(2**shape.levels, Residual(body))


def levels(width: int, depth: int, bottom: int) -> nn.Sequential:
    """A block, all that lies deeper as a correction at half the resolution, and another block; or the bottom."""
    if depth == 0:
        return nn.Sequential(*(block(width) for _ in range(bottom)))
    below = Residual(down(width), levels(2 * width, depth - 1, bottom), up(width))
    return nn.Sequential(block(width), below, block(width))


def block(width: int) -> nn.Sequential:
    return nn.Sequential(Residual(*mix_space(width)), Residual(*mix_channels(width)))


def mix_space(width: int) -> tuple[nn.Module, ...]:
    depthwise = nn.Conv2d(2 * width, 2 * width, 3, padding=1, groups=2 * width)
    gated = (LayerNorm2d(width), conv(width, 2 * width, 1), depthwise, SimpleGate())
    return *gated, ChannelAttention(width), Scaled(width, width)


def mix_channels(width: int) -> tuple[nn.Module, ...]:
    return LayerNorm2d(width), conv(width, 2 * width, 1), SimpleGate(), Scaled(width, width)


def down(width: int) -> nn.Module:
    return nn.Conv2d(width, 2 * width, 2, stride=2)


def up(width: int) -> nn.Module:
    return nn.Sequential(conv(2 * width, 4 * width, 1, bias=False), nn.PixelShuffle(2))
