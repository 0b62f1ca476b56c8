"""Structural similarity of luma, as papers on super-resolution state it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchbench import Metric, Task, hookimpl

from ._luma import studio_luma
from ._regions import too_small
from ._structure import SIZE, ssim


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [SSIMY]


@dataclass(frozen=True)
class SSIMY(Metric):
    """Structural similarity of BT.601 luma in studio range, as in papers on super-resolution.

    All as by ssim (Gaussian 11×11, σ 1.5, no border, no down-sampling), but on Y in 16..235 of 255, as MATLAB's
    `rgb2ycbcr` gives it, not rounded, with the constants for a range of 255. No border is cropped besides, unlike in
    most of those papers. Inside a region: over the windows whose centre lies in it; NaN where there is none.
    """

    name = "ssim-y"
    order = 85
    higher_is_better = True
    relevant = 0.005
    library = "piq"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return ssim(studio_luma(restored), studio_luma(clean), region)

    def unavailable(self, task: Task) -> str | None:
        return too_small(task, SIZE)
