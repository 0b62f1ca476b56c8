"""The loss of an unswirling study as a score: structural similarity and VGG16's features, of any model's images.

    ssim · (1 − SSIM) + perceptual · mean over layers of (mean squared difference of VGG16's features)

The layers are relu1_2, relu2_2 and relu3_3 (Johnson et al. 2016, arXiv 1603.08155). The study published neither these
nor the weights of its terms; the defaults are those with which `swirl-unet` is trained here. Its third term, smoothness
of the field, is left out: it judges the field and not the image, most models have none, and it is best where nothing is
moved at all; `epe` holds a field against the true one instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from benchbench import Metric, Task, Weights, hookimpl, missing_weights, param

from ._regions import too_small
from ._structure import SIZE, ssim
from ._vgg16 import VGG16, distance, vgg16_features

ENDS = (0, 4, 9, 16)  # of the stages up to relu1_2, relu2_2 and relu3_3
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [UnswirlLoss]


class FeatureDistance(nn.Module):
    """Mean squared difference of VGG16's features, averaged over three layers: `(N,)`."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        features = vgg16_features()
        self.stages = nn.ModuleList(features[start:end] for start, end in pairwise(ENDS))
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(3, 1, 1))

    def forward(self, restored: Tensor, clean: Tensor) -> Tensor:
        both = (torch.cat([restored, clean]) - self.mean) / self.std
        total = restored.new_zeros(len(restored))
        for stage in self.stages:
            both = stage(both)
            ours, theirs = both.chunk(2)
            total += (ours - theirs).square().mean((1, 2, 3))
        return total / len(self.stages)


@dataclass(frozen=True)
class UnswirlLoss(Metric):
    """Study A's loss: 1 − SSIM and the distance of VGG16's features.

    0 for identical images, lower is better. Inside a region: SSIM over the windows whose centre lies in it; for the
    features the clean image is given the restored one's surroundings, and what they differ by is taken for the region's
    share of the pixels. NaN for an image whose region is empty. Without VGG16's weights `perceptual=0` can be had.
    """

    name = "unswirl-loss"
    order = 92
    higher_is_better = False
    library = "torchvision"
    weights: ClassVar[tuple[Weights, ...]] = (VGG16,)

    ssim: float = param(1.0, "weight of 1 − SSIM", low=0)
    perceptual: float = param(0.1, "weight of the distance of features", low=0)

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        loss = self.ssim * (1 - ssim(restored, clean, region))
        if not self.perceptual:
            return loss
        if region is None:
            return loss + self.perceptual * distance(FeatureDistance, restored, clean)
        inside = distance(FeatureDistance, restored, torch.where(region, clean, restored))
        return loss + self.perceptual * inside / region.float().mean((1, 2, 3))

    def unavailable(self, task: Task) -> str | None:
        if self.perceptual and (reason := missing_weights(VGG16)):
            return f"{reason}; {self.name}:perceptual=0 needs none"
        return too_small(task, SIZE)
