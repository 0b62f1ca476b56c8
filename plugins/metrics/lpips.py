"""Learned perceptual image patch similarity: a weighted distance of VGG16 features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor, nn

from benchbench import Metric, Task, Weights, hookimpl, missing_weights, param, read_weights

from ._regions import refuse, too_small
from ._vgg16 import LAYERS, LEAST_SIZE, VGG16, distance, vgg16_features

WEIGHTS = Weights(
    "lpips_weights.pt",
    "https://github.com/photosynthesis-team/photosynthesis.metrics/releases/download/v0.4.0/lpips_weights.pt",
)


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [LPIPS]


def measure() -> nn.Module:
    """What `piq.LPIPS()` builds, from files instead of downloads."""
    from piq import ContentLoss

    return ContentLoss(
        vgg16_features(), layers=LAYERS, weights=read_weights(WEIGHTS), normalize_features=True, reduction="none"
    )


@dataclass(frozen=True)
class LPIPS(Metric):
    """Learned perceptual image patch similarity (VGG16).

    The squared distance of channel-normalised features at five depths of VGG16, with learned weights; 0 for identical
    images, lower is better. Papers that state the similarity of AlexNet's features have other numbers. Whole images of
    at least 16 px; a grey one counts as RGB with three equal channels. Computed by `piq.LPIPS` from weights that must
    lie on disk. Zhang et al. 2018, "The unreasonable effectiveness of deep features as a perceptual metric".
    """

    name = "lpips"
    order = 50
    higher_is_better = False
    relevant = 0.01
    regional = False
    library = "piq"
    weights: ClassVar[tuple[Weights, ...]] = (VGG16, WEIGHTS)

    network: Literal["vgg16"] = param("vgg16", "whose features are compared")

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        refuse(region, self.name)
        return distance(measure, restored, clean)

    def unavailable(self, task: Task) -> str | None:
        return missing_weights(VGG16, WEIGHTS) or too_small(task, LEAST_SIZE)
