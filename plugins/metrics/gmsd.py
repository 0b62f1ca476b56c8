"""Gradient magnitude similarity deviation: the spread, over the image, of how well gradients are kept."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Metric, hookimpl

from ._regions import refuse
from ._windows import full_precision


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [GMSD]


@dataclass(frozen=True)
class GMSD(Metric):
    """Gradient magnitude similarity deviation.

    The standard deviation of the similarity of Prewitt gradient magnitudes, on luma halved in size; 0 for identical
    images, lower is better. Whole images only. Computed by `piq.gmsd`. Xue et al. 2014, "Gradient magnitude similarity
    deviation: a highly efficient perceptual image quality index".
    """

    name = "gmsd"
    order = 60
    higher_is_better = False
    relevant = 0.005
    regional = False
    library = "piq"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        from piq import gmsd

        refuse(region, self.name)
        with torch.no_grad(), full_precision(clean.device):
            return gmsd(restored, clean, reduction="none")
