"""Checkerboard: how strong a pattern with the period of a stride the restored image has, and the clean one has not.

A transposed convolution with stride s leaves a pattern of period s in both directions. Cut into tiles of s×s pixels
and averaged, with a Hann window over the image so that its edges and shading do not count, an image x gives a tile

    t(p, q) = Σ w x / Σ w   over the pixels of row p and column q modulo s

in which only such a pattern is left. With V the variance over the pixels of the tile, mean over channels:

    score = 255 √max(0, V(restored) - V(clean))

Odena et al. 2016, "Deconvolution and checkerboard artifacts", describe the artefact; the measure is of this project.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Metric, Task, hookimpl, param

from ._regions import refuse, too_small


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [Checkerboard]


def variance_of_tile(images: Tensor, stride: int) -> Tensor:
    """The variance `(N,)` over the pixels of the mean tile of `(N, C, H, W)`, mean over channels."""
    height, width = (side - side % stride for side in images.shape[-2:])
    window = torch.outer(*(torch.hann_window(s, dtype=images.dtype, device=images.device) for s in (height, width)))
    tiled = (-1, height // stride, stride, width // stride, stride)
    sums = (images[..., :height, :width] * window).reshape(tiled).sum((1, 3))
    tile = sums / window.reshape(tiled).sum((1, 3))
    return tile.var((1, 2), correction=0).view(len(images), -1).mean(1)


@dataclass(frozen=True)
class Checkerboard(Metric):
    """Checkerboard: the strength of a pattern that repeats every `stride` pixels, beyond the clean image's.

    Its root mean square, in levels of 255: a pattern that is added to an image scores its own strength; 0 for identical
    images and wherever the restored image has no more of a pattern than the clean one, lower is better. Measures this
    artefact and nothing else: blur scores near 0, noise of σ levels about 2.6 σ / side. Blind to a pattern whose sign
    changes over the image. Whole images of at least 6·stride px; sides are cropped to a multiple of the stride.
    """

    name = "checkerboard"
    order = 90
    higher_is_better = False
    symmetric = False
    unit = "levels"
    digits = 2
    regional = False
    library = "torch"

    stride: int = param(2, "period of the pattern", low=2, high=32, unit="px")

    @torch.no_grad()
    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        refuse(region, self.name)
        # in double precision: what is left of a tile is a small difference
        excess = variance_of_tile(restored.double(), self.stride) - variance_of_tile(clean.double(), self.stride)
        return 255 * excess.relu().sqrt().float()

    def unavailable(self, task: Task) -> str | None:
        return too_small(task, 6 * self.stride)
