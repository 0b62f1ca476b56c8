"""Sliced Wasserstein distance of patches, level by level of a Laplacian pyramid.

Each image is taken apart into a Laplacian pyramid (Burt & Adelson 1983), from its own size down to 16 px and more. Of
each level, patches of 7 × 7 px are taken; those of a whole set, brought to mean 0 and deviation 1 in each channel, are
a cloud of points. The distance of two clouds is the mean, over directions on the sphere, of the Wasserstein-1 distance
of their projections, which is that of two sorted lists: Σ |a₍ᵢ₎ − b₍ᵢ₎| / n (Rabin et al. 2011). The score is 1000
times the mean over the levels.

Karras et al. 2018, "Progressive growing of GANs" (arXiv 1710.10196), section 5. They draw the patches of each image
anew; here all images have theirs in the same places, so that equal images give 0 and no batch changes a score.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from benchbench import Metric, SetMetric, Task, generator, hookimpl

from ._regions import too_small
from ._windows import filtered, full_precision

COARSEST, PATCH, PATCHES, DIRECTIONS = 16, 7, 64, 128
TAPS = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [PatchSWD]


@dataclass(frozen=True)
class PatchSWD(SetMetric):
    """Sliced Wasserstein distance of patches at all scales (× 1000).

    How far the textures and edges of the restored images are from those of the clean ones, as distributions: 0 for
    equal sets, lower is better. It needs no pretrained weights. Blind to brightness, contrast and colour cast at each
    scale, which it normalises away, and to where in the image a patch lies. Karras et al. 2018 (arXiv 1710.10196).
    """

    name = "patch-swd"
    order = 70
    digits = 1
    higher_is_better = False

    def describe(self, images: Tensor, clean: Tensor) -> Tensor:
        """Patches `(N, levels, PATCHES, C, 49)`, float16, for there may be many."""
        with full_precision(images.device):
            return torch.stack([_patches(level, n) for n, level in enumerate(laplacian_pyramid(images))], 1)

    def distance(self, restored: Tensor, clean: Tensor) -> float:
        levels = zip(restored.unbind(1), clean.unbind(1), strict=True)
        with full_precision(clean.device):
            return 1000 * float(np.mean([_distance(ours, theirs, n) for n, (ours, theirs) in enumerate(levels)]))

    def unavailable(self, task: Task) -> str | None:
        return too_small(task, COARSEST)


def laplacian_pyramid(images: Tensor) -> list[Tensor]:
    """Take images `(N, C, H, W)` apart into bands, the finest first, and what is left, of at least 16 px."""
    bands, left = [], images
    while min(left.shape[2:]) >= 2 * COARSEST - 1:
        smaller = _filtered(left)[:, :, ::2, ::2]
        larger = left.new_zeros(left.shape)
        larger[:, :, ::2, ::2] = smaller
        bands.append(left - 4 * _filtered(larger))
        left = smaller
    return [*bands, left]


def _filtered(images: Tensor) -> Tensor:
    """Smooth by the binomial filter of 5 × 5 taps, mirrored at the borders."""
    return filtered(F.pad(images, (2, 2, 2, 2), mode="reflect"), TAPS)


def _patches(level: Tensor, number: int) -> Tensor:
    """Take the patches `(N, PATCHES, C, 49)` of the level of that number."""
    height, width = level.shape[2:]
    draw = generator("patch-swd", "places", number, height, width)
    rows, columns = (torch.randint(side - PATCH + 1, (PATCHES, 1, 1), generator=draw) for side in (height, width))
    step = torch.arange(PATCH)
    found = level[:, :, (rows + step[:, None]).to(level.device), (columns + step).to(level.device)]
    return found.transpose(1, 2).flatten(3).half()


@functools.lru_cache(maxsize=16)
def _directions(number: int, length: int) -> Tensor:
    """Draw directions `(length, DIRECTIONS)` for the level of that number."""
    drawn = torch.randn(length, DIRECTIONS, generator=generator("patch-swd", "directions", number))
    return drawn / drawn.norm(dim=0)


def _distance(restored: Tensor, clean: Tensor, number: int) -> float:
    """Compare the patches `(N, PATCHES, C, 49)` of two sets at one level."""
    ours, theirs = (_projected(patches, number) for patches in (restored, clean))
    return float(np.abs(ours - theirs).mean(dtype=np.float64))


def _projected(patches: Tensor, number: int) -> np.ndarray:
    """Project a set of patches `(N, PATCHES, C, 49)`, normalised by channel, and sort: `(DIRECTIONS, N · PATCHES)`."""
    patches = patches.float()
    mean, std = patches.mean((0, 1, 3), keepdim=True), patches.std((0, 1, 3), correction=0, keepdim=True)
    cloud = ((patches - mean) / std.clamp(min=1e-8)).flatten(2).flatten(0, 1)
    return np.sort((_directions(number, cloud.shape[1]).T @ cloud.T).numpy(), axis=1)  # quicker than torch's
