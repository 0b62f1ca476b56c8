"""Toy metrics of whole sets of images, which other processes can import too."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Metric, SetMetric, hookimpl


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [MeanGrey, Crowded]


@dataclass(frozen=True)
class MeanGrey(SetMetric):
    """How far the mean grey of both sets is apart."""

    name = "mean-grey"
    higher_is_better = False
    least = 4

    def describe(self, images: Tensor, clean: Tensor) -> Tensor:
        return images.mean((1, 2, 3))

    def distance(self, restored: Tensor, clean: Tensor) -> float:
        return float((restored - clean).mean())


@dataclass(frozen=True)
class Crowded(MeanGrey):
    """Wants more images than there are."""

    name = "crowded"
    least = 10_000


@dataclass(frozen=True)
class Endless(MeanGrey):
    """Gives no finite number."""

    name = "endless"

    def distance(self, restored: Tensor, clean: Tensor) -> float:
        return float("inf")


@dataclass(frozen=True)
class Lumping(MeanGrey):
    """Describes a batch, not its images."""

    name = "lumping"

    def describe(self, images: Tensor, clean: Tensor) -> Tensor:
        return torch.zeros(1)


@dataclass(frozen=True)
class Seldom(MeanGrey):
    """Describes every second image of a batch."""

    name = "seldom"
    partial = True

    def describe(self, images: Tensor, clean: Tensor) -> Tensor:
        return torch.where(torch.arange(len(clean)) % 2 == 0, images.mean((1, 2, 3)), torch.nan)
