"""Restormer, a transformer that attends over channels, not pixels (Zamir et al. 2022, CVPR, arXiv 2111.09881).

A block is two residuals:

    x + 1×1( attention( depthwise 3×3( 1×1( norm x ))))        attention: C×C over the channels of each head
    y + 1×1( gate( depthwise 3×3( 1×1( norm y ))))             gate: GELU of one half of the channels times the other

Queries and keys are normalised over the pixels, so that their product is a matrix of cosines, times a learned
temperature a head: its cost grows with the pixels, not with their square. Each level down halves the resolution and
doubles the channels (3×3 convolution, pixel-unshuffle); up does the opposite, and joins the encoder's output of that
level. At full resolution nothing reduces the joined channels, and refining blocks follow. The last convolution's output
is added to the image.

The preset `26m` is the paper's network, with biases in the norms. The others are the same architecture at capacities
that train in minutes, with fewer levels. The paper trains on growing patches with an L1 loss; here the size is one and
the loss the mean squared error, and the last convolution starts at zero: training starts from the image as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchbench import Model, Recipe, Task, hookimpl, param

from ._blocks import LayerNorm2d, Padded, Residual, conv, zeroed

EXPANSION = 2.66


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Restormer]


@dataclass(frozen=True)
class Shape:
    """Channels at full resolution, blocks at each level from the finest to the bottom, and refining blocks."""

    width: int
    blocks: tuple[int, ...]
    refining: int


PRESETS = {
    "20k": Shape(8, (1, 1), 1),
    "59k": Shape(8, (1, 1, 1), 1),
    "26m": Shape(48, (4, 6, 6, 8), 4),
}


@dataclass(frozen=True)
class Restormer(Model):
    """U-shaped transformer with attention over channels."""

    name = "restormer"
    recipe: ClassVar[Recipe | None] = Recipe(
        epochs=100, batch=8, lr=1e-3, optimizer="adamw", weight_decay=1e-4, clip=1.0
    )

    preset: Literal["20k", "59k", "26m"] = param("20k", "capacity, in parameters; 26m is the paper's")

    def build(self, task: Task) -> nn.Module:
        shape = PRESETS[self.preset]
        body = nn.Sequential(
            conv(task.channels, shape.width, bias=False),
            Level(shape.width, shape.blocks, heads=1, reduce=False),
            *blocks(2 * shape.width, shape.refining, heads=1),
            zeroed(conv(2 * shape.width, task.channels, bias=False)),
        )
        return Padded(2 ** (len(shape.blocks) - 1), Residual(body))


class Level(nn.Module):
    """Blocks, all that lies deeper at half the resolution, joined with what went down, and blocks again."""

    def __init__(self, width: int, counts: tuple[int, ...], heads: int, *, reduce: bool = True) -> None:
        super().__init__()
        count, *deeper = counts
        self.encoder = blocks(width, count, heads)
        below = (
            Level(2 * width, tuple(deeper), 2 * heads) if len(deeper) > 1 else blocks(2 * width, deeper[0], 2 * heads)
        )
        self.below = nn.Sequential(down(width), below, up(2 * width))
        joined = width if reduce else 2 * width
        self.join = conv(2 * width, width, 1, bias=False) if reduce else nn.Identity()
        self.decoder = blocks(joined, count, heads)

    def forward(self, x: Tensor) -> Tensor:
        x = self.encoder(x)
        return self.decoder(self.join(torch.cat((self.below(x), x), dim=1)))  # (N, C, H, W) -> (N, 2C, H, W)


def blocks(width: int, count: int, heads: int) -> nn.Sequential:
    return nn.Sequential(*(block(width, heads) for _ in range(count)))


def block(width: int, heads: int) -> nn.Sequential:
    attention = Residual(LayerNorm2d(width), ChannelSelfAttention(width, heads))
    return nn.Sequential(attention, Residual(LayerNorm2d(width), feed_forward(width)))


def feed_forward(width: int) -> nn.Sequential:
    """The paper's gated network: GELU of one half of the channels times the other."""
    inner = int(width * EXPANSION)
    return nn.Sequential(wide(width, 2 * inner), GELUGate(), conv(inner, width, 1, bias=False))


def wide(inputs: int, outputs: int) -> nn.Sequential:
    depthwise = nn.Conv2d(outputs, outputs, 3, padding=1, groups=outputs, bias=False)
    return nn.Sequential(conv(inputs, outputs, 1, bias=False), depthwise)


def down(width: int) -> nn.Sequential:
    return nn.Sequential(conv(width, width // 2, bias=False), nn.PixelUnshuffle(2))


def up(width: int) -> nn.Sequential:
    return nn.Sequential(conv(width, 2 * width, bias=False), nn.PixelShuffle(2))


class GELUGate(nn.Module):
    """GELU of the first half of the channels, times the second."""

    def forward(self, x: Tensor) -> Tensor:
        first, second = x.chunk(2, dim=1)  # (N, 2C, H, W) -> twice (N, C, H, W)
        return F.gelu(first) * second


class ChannelSelfAttention(nn.Module):
    """Each channel becomes a mean of its head's channels, weighed by how alike they are all over the image."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.project = wide(width, 3 * width)
        self.out = conv(width, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        split = self.project(x).flatten(2).unflatten(1, (3, self.heads, -1))  # (N, 3, heads, C / heads, H·W)
        query, key, value = split.unbind(1)
        cosines = F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).transpose(-2, -1)
        mixed = (cosines * self.temperature).softmax(-1) @ value
        return self.out(mixed.flatten(1, 2).reshape(x.shape))
