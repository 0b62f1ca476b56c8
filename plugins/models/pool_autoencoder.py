"""The baseline autoencoder of a restoration study: convolutions with max-pooling, then with up-sampling.

    C → w, pool | w → 2w, pool | 2w → 2w, ×2 | 2w → w, ×2 | w → C        all 3×3, ReLU between

The study found it poor beside `skip-autoencoder`. Its widths, learning rate and schedule are not published; it
trained each of its networks for 20 epochs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from benchbench import Model, Recipe, Task, hookimpl, param

from ._blocks import Padded, conv


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [PoolAutoencoder]


@dataclass(frozen=True)
class PoolAutoencoder(Model):
    """Convolutional autoencoder with max-pooling and up-sampling, no skips."""

    name = "pool-autoencoder"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=20)

    width: int = param(32, "channels of the first layer; twice as many below", low=1, high=512)

    def build(self, task: Task) -> nn.Module:
        channels, width = task.channels, self.width
        encoder = [*stage(channels, width, nn.MaxPool2d(2)), *stage(width, 2 * width, nn.MaxPool2d(2))]
        decoder = [*stage(2 * width, 2 * width, doubled()), *stage(2 * width, width, doubled())]
        return Padded(4, nn.Sequential(*encoder, *decoder, conv(width, channels)))


def stage(inputs: int, outputs: int, resize: nn.Module) -> tuple[nn.Module, ...]:
    return conv(inputs, outputs), nn.ReLU(), resize


def doubled() -> nn.Module:
    return nn.Upsample(scale_factor=2)
