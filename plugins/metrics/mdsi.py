"""Mean deviation similarity index: the spread, over the image, of how well gradients and chroma are kept."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Metric, hookimpl

from ._regions import refuse
from ._windows import full_precision


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [MDSI]


@dataclass(frozen=True)
class MDSI(Metric):
    """Mean deviation similarity index; only if named, as it is slow.

    The fourth root of the mean absolute deviation of a similarity of gradients and chroma; 0 for identical images,
    lower is better. Whole images only; a grey one counts as RGB with three equal channels. Computed by `piq.mdsi`.
    Ziaei Nafchi et al. 2016, "Mean deviation similarity index: efficient and reliable full-reference image quality
    evaluator".
    """

    name = "mdsi"
    order = 63
    higher_is_better = False
    default = False
    symmetric = False
    relevant = 0.005
    regional = False
    library = "piq"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        from piq import mdsi

        refuse(region, self.name)
        three = (-1, 3, -1, -1)
        with torch.no_grad(), full_precision(clean.device):
            return mdsi(restored.expand(three), clean.expand(three), reduction="none")
