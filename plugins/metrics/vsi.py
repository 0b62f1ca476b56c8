"""Visual saliency-induced index: agreement of saliency, gradients and chroma, weighted by saliency."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Metric, hookimpl

from ._regions import refuse
from ._windows import full_precision


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [VSI]


@dataclass(frozen=True)
class VSI(Metric):
    """Visual saliency-induced index; only if named, as it is slow.

    1 for identical images. Whole images only; a grey one counts as RGB with three equal channels. Saliency is worked
    out at 256 px, whatever the size. Computed by `piq.vsi`. Zhang et al. 2014, "VSI: a visual saliency-induced index
    for perceptual image quality assessment".
    """

    name = "vsi"
    order = 64
    higher_is_better = True
    default = False
    relevant = 0.002
    regional = False
    library = "piq"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        from piq import vsi

        refuse(region, self.name)
        three = (-1, 3, -1, -1)
        with torch.no_grad(), full_precision(clean.device):
            return vsi(restored.expand(three), clean.expand(three), reduction="none")
