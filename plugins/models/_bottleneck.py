"""The encoder and decoder that cvae and dcgan share: four halvings to a few channels at a sixteenth of the side.

    C → w₁ → w₂ → w₃ → w₄ → latent        4×4 convolutions with stride 2, batch norm, ReLU; a 3×3 convolution
    latent → w₄ → w₃ → w₂ → w₁ → w₁ → C   the mirror: a 3×3, 4×4 transposed ones with stride 2, and a 3×3 convolution

A transposed convolution whose kernel is a multiple of its stride covers all pixels evenly (Odena et al. 2016). Images
are normalised by the training images' mean and standard deviation, and back.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from benchbench import Task

from ._blocks import conv

REDUCTION = 16


def bottleneck_unavailable(task: Task, latent: int) -> str | None:
    """Why a latent of exactly so many numbers does not fit images of the task's size, or None."""
    cells = (task.size // REDUCTION) ** 2
    if task.size % REDUCTION:
        return f"needs a side that is a multiple of {REDUCTION} px, not {task.size}"
    if latent % cells:
        return f"cannot spread a latent of {latent} numbers evenly over {cells} places at {task.size} px"
    return None


def latent_channels(task: Task, latent: int) -> int:
    """Channels that give the latent its count at the task's size."""
    return latent // (task.size // REDUCTION) ** 2


def encoder(task: Task, widths: Sequence[int], outputs: int) -> nn.Sequential:
    """Normalised images `(N, C, H, W)` to `(N, outputs, H/16, W/16)`."""
    halvings = [
        layer
        for a, b in pairwise((task.channels, *widths))
        for layer in (nn.Conv2d(a, b, 4, 2, 1, bias=True), nn.BatchNorm2d(b), nn.ReLU())
    ]
    return nn.Sequential(*halvings, conv(widths[-1], outputs))


def decoder(task: Task, widths: Sequence[int], inputs: int) -> nn.Sequential:
    """`(N, inputs, H/16, W/16)` to normalised images `(N, C, H, W)`."""
    up = (*widths[::-1], widths[0])
    doublings = [
        layer for a, b in pairwise(up) for layer in (nn.ConvTranspose2d(a, b, 4, 2, 1), nn.BatchNorm2d(b), nn.ReLU())
    ]
    return nn.Sequential(conv(inputs, up[0]), nn.ReLU(), *doublings, conv(up[-1], task.channels))


class Normaliser(nn.Module):
    """Images to zero mean and unit variance by the task's statistics, and back."""

    mean: Tensor
    std: Tensor

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.register_buffer("mean", _column(task.mean))
        self.register_buffer("std", _column(task.std).clamp(min=1e-3))

    def forward(self, images: Tensor) -> Tensor:
        return (images - self.mean) / self.std

    def back(self, normalised: Tensor) -> Tensor:
        return normalised * self.std + self.mean


def _column(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float32).view(-1, 1, 1)
