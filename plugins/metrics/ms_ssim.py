"""Multi-scale structural similarity over five scales (`_structure` has the formula)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchbench import Metric, Task, hookimpl

from ._regions import too_small
from ._structure import least_size, multi_scale_ssim

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [MultiScaleSSIM]


@dataclass(frozen=True)
class MultiScaleSSIM(Metric):
    """Multi-scale structural similarity, five scales, from 161 px up.

    Windows as for ssim, the published weights of the scales, RGB; 1 for identical images, at least 0 (negative means
    count as 0). Equal to `piq.multi_scale_ssim`. Inside a region: the same at each scale, where a coarser pixel counts
    as inside if at least half of it is; NaN for an image whose region holds no window at some scale. Wang et al. 2003.
    """

    name = "ms-ssim"
    order = 30
    higher_is_better = True
    relevant = 0.005
    library = "piq"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return multi_scale_ssim(restored, clean, region, WEIGHTS)

    def unavailable(self, task: Task) -> str | None:
        return too_small(task, least_size(len(WEIGHTS)))
