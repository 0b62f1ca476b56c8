"""Root mean squared error: the square root of each image's own mean squared error."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchbench import Metric, hookimpl

from ._errors import mean_squared_error


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [RMSE]


@dataclass(frozen=True)
class RMSE(Metric):
    """Root mean squared error, in units of intensity.

    0 for identical images, at most 1. The root is taken for each image, so a mean of scores is not the root of the mean
    error. Inside a region: over its pixels; NaN for an image whose region is empty.
    """

    name = "rmse"
    order = 72
    higher_is_better = False
    relevant = 0.001
    library = "torch"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return mean_squared_error(restored, clean, region).sqrt()
