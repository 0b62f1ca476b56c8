"""Flow end-point error: how far, on average, the estimated displacement of a pixel ends from the true one.

    mean over pixels of √((u − u′)² + (v − v′)²)

Baker et al. 2011, "A database and evaluation methodology for optical flow" (Middlebury).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor

from benchbench import Metric, hookimpl

from ._regions import mean_inside


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [EndPointError]


@dataclass(frozen=True)
class EndPointError(Metric):
    """End-point error of the displacement field, where model and degradation have one.

    In pixels, 0 for the true field, the mean length of the true displacements for a field of zeros, lower is better.
    The true field is that of the ideal inverse, `Degradation.flow`. A pixel counts also where its displacement leads
    out of the image. Inside a region: over its pixels; NaN for an image whose region is empty.
    """

    name = "epe"
    order = 25
    higher_is_better = False
    unit = "px"
    digits = 2
    relevant = 0.1
    library = "torch"
    compares: ClassVar[Literal["images", "flow"]] = "flow"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return mean_inside((restored - clean).norm(dim=1, keepdim=True), region).mean(1)
