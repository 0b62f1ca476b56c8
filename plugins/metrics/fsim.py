"""Feature similarity: agreement of phase congruency and gradients, weighted by the former, and of chroma."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Metric, hookimpl

from ._regions import refuse
from ._windows import full_precision


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [FSIM]


@dataclass(frozen=True)
class FSIM(Metric):
    """Feature similarity, with chroma (FSIMc); only if named, as it is slow.

    1 for identical images, at least 0. Whole images only; of grey ones, the feature similarity without chroma. Computed
    by `piq.fsim`. Zhang et al. 2011, "FSIM: a feature similarity index for image quality assessment".
    """

    name = "fsim"
    order = 62
    higher_is_better = True
    default = False
    relevant = 0.005
    regional = False
    library = "piq"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        from piq import fsim

        refuse(region, self.name)
        with torch.no_grad(), full_precision(clean.device):
            return fsim(restored, clean, reduction="none", chromatic=clean.shape[1] == 3)
