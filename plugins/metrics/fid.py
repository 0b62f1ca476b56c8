"""Fréchet inception distance: that of the features which Inception v3 has of both sets.

d² of `_frechet.py`, of the 2048 features before the last layer. Heusel et al. 2017 (arXiv 1706.08500). It is biased
upward where images are few, by as much for all models of a board, so figures of other sets of images cannot be compared
(Bińkowski et al. 2018, arXiv 1801.01401).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from benchbench import Metric, SetMetric, Task, Weights, hookimpl, missing_weights

from ._frechet import frechet_distance
from ._inception import FEATURES, INCEPTION, features


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [FID]


@dataclass(frozen=True)
class FID(SetMetric):
    """Fréchet inception distance.

    The squared distance of the normal distributions fitted to the Inception features of both sets: 0 for equal sets,
    lower is better. Images are enlarged to 299 px. From 2048 images, as many as there are features; of fewer, `kid` is
    the better measure, which is not biased. Heusel et al. 2017 (arXiv 1706.08500).
    """

    name = "fid"
    order = 72
    digits = 2
    higher_is_better = False
    library = "piq"
    least = FEATURES
    draws = 20  # each takes seconds
    weights: ClassVar[tuple[Weights, ...]] = (INCEPTION,)

    def describe(self, images: Tensor, clean: Tensor) -> Tensor:
        """Features `(N, 2048)`."""
        return features(images)

    def distance(self, restored: Tensor, clean: Tensor) -> float:
        return frechet_distance(restored, clean)

    def unavailable(self, task: Task) -> str | None:
        return missing_weights(INCEPTION)
