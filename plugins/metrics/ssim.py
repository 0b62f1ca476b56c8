"""Structural similarity: the mean of luminance times contrast over Gaussian windows (`_structure` has the formula)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchbench import Metric, Task, hookimpl

from ._regions import too_small
from ._structure import SIZE, ssim


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [SSIM]


@dataclass(frozen=True)
class SSIM(Metric):
    """Structural similarity (Gaussian 11×11, σ 1.5, RGB, no border).

    The mean over channels and all windows that fit into the image, without down-sampling; 1 for identical images,
    at least -1. Equal to `piq.ssim(downsample=False)` and to `skimage.metrics.structural_similarity` with
    `gaussian_weights=True, use_sample_covariance=False, data_range=1`. Inside a region: over the windows whose centre
    lies in it; NaN for an image whose region holds none. Wang et al. 2004.
    """

    name = "ssim"
    order = 20
    higher_is_better = True
    relevant = 0.005
    library = "piq"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return ssim(restored, clean, region)

    def unavailable(self, task: Task) -> str | None:
        return too_small(task, SIZE)
