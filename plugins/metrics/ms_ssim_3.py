"""Multi-scale structural similarity over three scales, for images too small for five."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchbench import Metric, Task, hookimpl

from ._regions import too_small
from ._structure import least_size, multi_scale_ssim

WEIGHTS = tuple(weight / (0.0448 + 0.2856 + 0.3001) for weight in (0.0448, 0.2856, 0.3001))


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [ThreeScaleSSIM]


@dataclass(frozen=True)
class ThreeScaleSSIM(Metric):
    """Multi-scale structural similarity, three scales, from 41 px up.

    Not comparable with ms-ssim: its weights are the first three of the five published ones, divided by their sum
    (0.0710, 0.4529, 0.4760). All else as there: RGB; 1 for identical images, at least 0. Equal to
    `piq.multi_scale_ssim` with these weights. Inside a region: the same at each scale, where a coarser pixel counts
    as inside if at least half of it is; NaN for an image whose region holds no window at some scale.
    """

    name = "ms-ssim-3"
    order = 31
    higher_is_better = True
    relevant = 0.005
    library = "piq"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return multi_scale_ssim(restored, clean, region, WEIGHTS)

    def unavailable(self, task: Task) -> str | None:
        return too_small(task, least_size(len(WEIGHTS)))
