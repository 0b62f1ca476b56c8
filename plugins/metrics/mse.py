"""Mean squared error (l2): the mean of (restored - clean)² over pixels and channels."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchbench import Metric, hookimpl

from ._errors import mean_squared_error


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [MSE]


@dataclass(frozen=True)
class MSE(Metric):
    """Mean squared error, the l2 of the studies.

    In squared intensity, 0 for identical images, at most 1. Inside a region: over its pixels; NaN for an image whose
    region is empty.
    """

    name = "mse"
    order = 71
    higher_is_better = False
    digits = 5
    library = "torch"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return mean_squared_error(restored, clean, region)
