"""Haar wavelet-based perceptual similarity: agreement of Haar coefficients, weighted by the coarser ones."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Metric, Task, hookimpl

from ._regions import refuse, too_small
from ._windows import full_precision

LEAST_SIZE = 16


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [HaarPSI]


@dataclass(frozen=True)
class HaarPSI(Metric):
    """Haar wavelet-based perceptual similarity, from 16 px up.

    1 for identical images, at least 0. Whole images only. Computed by `piq.haarpsi` (three scales, halved in size
    first, chroma included). Reisenhofer et al. 2018, "A Haar wavelet-based perceptual similarity index for image
    quality assessment".
    """

    name = "haarpsi"
    order = 61
    higher_is_better = True
    relevant = 0.01
    regional = False
    library = "piq"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        from piq import haarpsi

        refuse(region, self.name)
        with torch.no_grad(), full_precision(clean.device):
            # Two black images have no coefficient at all, and the formula ends in the logarithm of infinity.
            return haarpsi(restored, clean, reduction="none").clamp(max=1)

    def unavailable(self, task: Task) -> str | None:
        return too_small(task, LEAST_SIZE)
