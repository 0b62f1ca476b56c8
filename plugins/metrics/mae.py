"""Mean absolute error (l1): the mean of |restored - clean| over pixels and channels."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchbench import Metric, hookimpl

from ._regions import mean_inside


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [MAE]


@dataclass(frozen=True)
class MAE(Metric):
    """Mean absolute error, the l1 of the studies.

    In units of intensity, 0 for identical images, at most 1. Inside a region: over its pixels; NaN for an image whose
    region is empty.
    """

    name = "mae"
    order = 70
    higher_is_better = False
    relevant = 0.001
    library = "torch"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return mean_inside((restored - clean).abs(), region).mean(1)
