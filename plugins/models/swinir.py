"""SwinIR: attention within small windows, shifted from layer to layer (Liang et al. 2021, ICCVW, arXiv 2108.10257).

    3×3 | groups of (transformer layers + 3×3), each a residual | norm, 3×3, residual | 3×3, added to the image

A layer is two residuals: attention within windows of 8×8 pixels, with a learned bias for each offset of two pixels in a
window, and two linear maps with GELU between. In every other layer the windows are shifted by half a window; they wrap
around the image's border, and a mask keeps pixels apart that are no neighbours (Liu et al. 2021, arXiv 2103.14030).

All work is done at full resolution, so that a parameter costs more here than in a U-shaped network. The preset `light`
has the body of the paper's lightweight network, `12m` that of its denoiser. The others are the same architecture at
capacities that train in minutes. Neither stochastic depth nor the mean colour of the paper's training set is part of it
here, and the last convolution starts at zero: training starts from the image as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from benchbench import Model, Recipe, Task, hookimpl, param

from ._blocks import LayerNorm2d, Padded, Residual, conv, zeroed

WINDOW = 8
SHIFT = WINDOW // 2


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [SwinIR]


@dataclass(frozen=True)
class Shape:
    """Channels, the layers of each group, and the heads of a layer."""

    width: int
    layers: tuple[int, ...]
    heads: int


PRESETS = {
    "11k": Shape(16, (2,), 2),
    "39k": Shape(24, (2, 2), 3),
    "light": Shape(60, (6,) * 4, 6),
    "12m": Shape(180, (6,) * 6, 6),
}


@dataclass(frozen=True)
class SwinIR(Model):
    """Transformer with attention within shifted windows."""

    name = "swinir"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=100, batch=4, lr=1e-3, optimizer="adamw", clip=1.0)

    preset: Literal["11k", "39k", "light", "12m"] = param(
        "11k", "capacity, in parameters; light and 12m are the paper's"
    )

    def build(self, task: Task) -> nn.Module:
        shape = PRESETS[self.preset]
        groups = (group(shape.width, count, shape.heads) for count in shape.layers)
        deep = nn.Sequential(
            LayerNorm2d(shape.width), *groups, LayerNorm2d(shape.width), conv(shape.width, shape.width)
        )
        head, tail = conv(task.channels, shape.width), zeroed(conv(shape.width, task.channels))
        return Padded(WINDOW, Residual(head, Residual(deep), tail))


def group(width: int, layers: int, heads: int) -> Residual:
    """Transformer layers, every other one with its windows shifted, then a convolution."""
    body = (layer(width, heads, shift=SHIFT * (index % 2)) for index in range(layers))
    return Residual(*body, conv(width, width))


def layer(width: int, heads: int, shift: int) -> nn.Sequential:
    attention = Residual(LayerNorm2d(width), WindowAttention(width, heads, shift))
    mix = (conv(width, 2 * width, 1), nn.GELU(), conv(2 * width, width, 1))
    return nn.Sequential(attention, Residual(LayerNorm2d(width), *mix))


class WindowAttention(nn.Module):
    """Self-attention of the pixels of each window, in windows that are shifted by `shift` pixels."""

    offsets: Tensor

    def __init__(self, width: int, heads: int, shift: int) -> None:
        super().__init__()
        self.heads, self.shift = heads, shift
        self.project = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.bias = nn.Parameter(torch.empty((2 * WINDOW - 1) ** 2, heads))
        nn.init.trunc_normal_(self.bias, std=0.02)
        self.register_buffer("offsets", offsets(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        x = x.permute(0, 2, 3, 1).roll((-self.shift, -self.shift), (1, 2))
        query, key, value = self.heads_of(windows(x)).unbind(2)  # each (N, windows, heads, pixels, C / heads)
        likeness = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5 + self.bias[self.offsets].permute(2, 0, 1)
        if self.shift:
            likeness = likeness.masked_fill(strangers(height, width, self.shift, x.device), -torch.inf)
        mixed = (likeness.softmax(-1) @ value).transpose(2, 3).flatten(3)
        x = joined(self.out(mixed), height, width)
        return x.roll((self.shift, self.shift), (1, 2)).permute(0, 3, 1, 2)

    def heads_of(self, x: Tensor) -> Tensor:
        """`(N, windows, pixels, C)` to queries, keys and values `(N, windows, 3, heads, pixels, C / heads)`."""
        return self.project(x).unflatten(-1, (3, self.heads, -1)).permute(0, 1, 3, 4, 2, 5)


def windows(x: Tensor) -> Tensor:
    """`(N, H, W, C)` to `(N, windows, pixels, C)`."""
    x = x.unflatten(2, (-1, WINDOW)).unflatten(1, (-1, WINDOW))  # (N, rows, y, columns, x, C)
    return x.transpose(2, 3).flatten(3, 4).flatten(1, 2)


def joined(x: Tensor, height: int, width: int) -> Tensor:
    """`(N, windows, pixels, C)` to `(N, H, W, C)`: the opposite of `windows`."""
    x = x.unflatten(2, (WINDOW, WINDOW)).unflatten(1, (height // WINDOW, width // WINDOW))
    return x.transpose(2, 3).flatten(3, 4).flatten(1, 2)


def offsets() -> Tensor:
    """For each pair of pixels of a window the number of their offset, `(pixels, pixels)`."""
    y, x = torch.meshgrid(torch.arange(WINDOW), torch.arange(WINDOW), indexing="ij")
    rows, columns = (axis.flatten()[:, None] - axis.flatten()[None] + WINDOW - 1 for axis in (y, x))
    return rows * (2 * WINDOW - 1) + columns


def strangers(height: int, width: int, shift: int, device: torch.device) -> Tensor:
    """Which pixels of a window only the wrapping around the border brought together, `(windows, 1, pixels, pixels)`."""
    rows, columns = (torch.arange(side, device=device) >= side - shift for side in (height, width))
    side = (2 * rows[:, None] + columns).expand(height, width)  # which of the four pieces a pixel came from
    pieces = windows(side[None, ..., None])[0, ..., 0]  # (windows, pixels)
    return (pieces[:, :, None] != pieces[:, None, :])[:, None]
