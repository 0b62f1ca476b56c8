"""The final autoencoder of a restoration study: symmetric skips, the last of them from the image itself.

Encoder block: two convolutions, the first with stride 2, then dropout and batch norm. Decoder block: a transposed
convolution, concatenation with the encoder's output of that level (at full resolution: with the input image), two
convolutions. After Mao et al. 2016 (arXiv 1603.09056) and Ronneberger et al. 2015 (arXiv 1505.04597).

The study compared seven variations over kernel size, number of layers and skips, 20 epochs each: `VARIATIONS`.
Channels, dropout rate, learning rate and schedule are not published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from benchbench import Model, Recipe, Task, hookimpl, param

from ._blocks import Padded, conv

VARIATIONS = (
    "skip-autoencoder",
    "skip-autoencoder:kernel=5",
    "skip-autoencoder:kernel=7",
    "skip-autoencoder:depth=2",
    "skip-autoencoder:depth=4",
    "skip-autoencoder:skips=false",
    "skip-autoencoder:kernel=5,skips=false",
)


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [SkipAutoencoder]


@dataclass(frozen=True)
class SkipAutoencoder(Model):
    """Convolutional autoencoder with skips, the last one from the image itself."""

    name = "skip-autoencoder"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=20)

    kernel: Literal[3, 5, 7] = param(3, "side of the kernels", unit="px")
    depth: int = param(3, "encoder blocks, each halves the resolution", low=1, high=5)
    skips: bool = param(True, "concatenate the encoder's outputs and the image")
    width: int = param(16, "channels of the first block; each further one doubles them", low=1, high=256)
    dropout: float = param(0.1, "probability of dropping a value after each encoder block", low=0, high=0.9)

    def build(self, task: Task) -> nn.Module:
        widths = [task.channels, *(self.width << level for level in range(self.depth))]
        encoder = [encoder_block(a, b, self.kernel, self.dropout) for a, b in pairwise(widths)]
        decoder = [
            DecoderBlock(below, max(above, self.width), above if self.skips else 0, self.kernel)
            for above, below in pairwise(widths)
        ]
        return Padded(2**self.depth, SkipNet(encoder, decoder[::-1], conv(self.width, task.channels, self.kernel)))


def encoder_block(inputs: int, outputs: int, kernel: int, dropout: float) -> nn.Sequential:
    """`(N, inputs, H, W)` to `(N, outputs, H/2, W/2)`."""
    halved = (conv(inputs, outputs, kernel, stride=2), nn.ReLU(), conv(outputs, outputs, kernel), nn.ReLU())
    return nn.Sequential(*halved, nn.Dropout(dropout), nn.BatchNorm2d(outputs))


class DecoderBlock(nn.Module):
    """`(N, inputs, H, W)` and the skip `(N, skip, 2H, 2W)` to `(N, outputs, 2H, 2W)`; with `skip` 0 it is ignored."""

    def __init__(self, inputs: int, outputs: int, skip: int, kernel: int) -> None:
        super().__init__()
        self.doubled = nn.ConvTranspose2d(inputs, outputs, kernel, 2, padding=kernel // 2, output_padding=1)
        self.convolutions = nn.Sequential(
            conv(outputs + skip, outputs, kernel), nn.ReLU(), conv(outputs, outputs, kernel), nn.ReLU()
        )
        self.skip = skip

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = self.doubled(x).relu()
        return self.convolutions(torch.cat([x, skip.to(x.dtype)], dim=1) if self.skip else x)


class SkipNet(nn.Module):
    """Encoder blocks down, decoder blocks up with what went in at each level, and a convolution to the image."""

    def __init__(self, encoder: Sequence[nn.Module], decoder: Sequence[nn.Module], head: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder, self.head = nn.ModuleList(encoder), nn.ModuleList(decoder), head

    def forward(self, x: Tensor) -> Tensor:
        inputs = []
        for block in self.encoder:
            inputs.append(x)
            x = block(x)
        for block in self.decoder:
            x = block(x, inputs.pop())
        return self.head(x)
