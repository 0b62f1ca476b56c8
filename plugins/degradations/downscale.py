"""Lost resolution: reduced by area averaging, then enlarged again to its size by bicubic interpolation.

Down: to round(side / factor) pixels, at least one, each the mean of the pixels that its area touches; where the factor
divides the side, that is `skimage.transform.downscale_local_mean`. Up: cubic convolution with a = −1/2, as in Pillow's
`resize(resample=BICUBIC)` (Keys 1981, "Cubic convolution interpolation for digital image processing").
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, hookimpl, param


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Downscale]


@dataclass(frozen=True)
class Downscale(Degradation):
    """Low resolution, enlarged again: the task of super-resolution."""

    name = "downscale"
    factor: int = param(4, "how many times smaller each side becomes", low=1, high=256)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        (down, up), (left, right) = (self._there_and_back(side, clean) for side in clean.shape[-2:])
        return Degraded(up @ (down @ clean @ left.mT) @ right.mT)

    def _there_and_back(self, side: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """The matrices (small,side) and (side,small) that reduce and enlarge one axis.

        A few products are several times faster than two interpolations of the images, up to 128 px.
        """
        small = max(1, round(side / self.factor))
        reduced = F.interpolate(_unit(side, like), (small, side), mode="area")
        # With antialias PyTorch takes Keys' a = −1/2, without it −3/4; enlarging, that is all it changes.
        enlarged = F.interpolate(_unit(small, like), (side, small), mode="bicubic", antialias=True)
        return reduced[0, 0], enlarged[0, 0]


def _unit(side: int, like: Tensor) -> Tensor:
    return torch.eye(side, dtype=like.dtype, device=like.device)[None, None]
