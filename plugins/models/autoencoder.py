"""The plain autoencoder of a deblurring study: two strided convolutions down, their mirror with up-sampling back.

    3 → w, stride 2 | w → w, stride 2 | w → w, ×2 | w → w, ×2 | w → 3        all 3×3, ReLU between

At the study's 32 kernels it has 29,507 parameters. `WIDTHS` are six sizes, each with about twice the parameters of
the one before (7,843, 16,947, 29,507, 64,995, 114,307, 254,403), for the curve of quality against size. Epochs,
learning rate and schedule are not published: they are benchbench's defaults.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from benchbench import Model, Task, hookimpl, param

from ._blocks import Padded, conv

WIDTHS = (16, 24, 32, 48, 64, 96)


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Autoencoder]


@dataclass(frozen=True)
class Autoencoder(Model):
    """Convolutional autoencoder: two convolutions down, three up, no skips."""

    name = "autoencoder"

    width: int = param(32, "kernels a layer", low=1, high=1024)

    def build(self, task: Task) -> nn.Module:
        encoder = [conv(task.channels, self.width, stride=2), nn.ReLU(), conv(self.width, self.width, stride=2)]
        decoder = [conv(self.width, self.width), nn.ReLU(), nn.Upsample(scale_factor=2)]
        decoder += [conv(self.width, self.width), nn.ReLU(), nn.Upsample(scale_factor=2)]
        return Padded(4, nn.Sequential(*encoder, nn.ReLU(), *decoder, conv(self.width, task.channels)))
