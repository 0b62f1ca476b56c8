"""Deep image structure and texture similarity: agreement of VGG16 features in mean and in covariance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from benchbench import Metric, Task, Weights, hookimpl, missing_weights, read_weights

from ._regions import refuse, too_small
from ._vgg16 import LAYERS, LEAST_SIZE, VGG16, distance, vgg16_features

WEIGHTS = Weights(
    "dists_weights.pt",
    "https://github.com/photosynthesis-team/piq/releases/download/v0.4.1/dists_weights.pt",
)
CHANNELS = (3, 64, 128, 256, 512, 512)  # of the image and of these layers


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [DISTS]


def measure() -> nn.Module:
    """What `piq.DISTS()` builds, from files instead of downloads."""
    from piq import DISTS as Reference
    from piq import ContentLoss

    stored = read_weights(WEIGHTS)
    weights = [part for key in ("alpha", "beta") for part in stored[key].split(CHANNELS, dim=1)]
    module = Reference.__new__(Reference)  # its own __init__ downloads
    ContentLoss.__init__(
        module,
        vgg16_features(),
        layers=LAYERS,
        weights=weights,
        replace_pooling=True,
        reduction="none",
        allow_layers_weights_mismatch=True,
    )
    return module


@dataclass(frozen=True)
class DISTS(Metric):
    """Deep image structure and texture similarity (VGG16).

    One minus the weighted similarity of means (texture) and covariances (structure) of VGG16's features; 0 for
    identical images, lower is better. Whole images of at least 16 px, those above 256 px scaled down to it; a grey one
    counts as RGB with three equal channels. Computed by `piq.DISTS` from weights that must lie on disk. Ding et al.
    2020, "Image quality assessment: unifying structure and texture similarity".
    """

    name = "dists"
    order = 51
    higher_is_better = False
    relevant = 0.01
    regional = False
    library = "piq"
    weights: ClassVar[tuple[Weights, ...]] = (VGG16, WEIGHTS)

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        refuse(region, self.name)
        return distance(measure, restored, clean)

    def unavailable(self, task: Task) -> str | None:
        return missing_weights(VGG16, WEIGHTS) or too_small(task, LEAST_SIZE)
