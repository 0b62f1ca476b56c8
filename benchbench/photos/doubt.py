"""Doubt whether a photograph suffers from what a model undoes: degraded again, the restored must give it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

from ..contracts.degradation import Degradation
from .framing import degraded_again, root_mean_square

TAIL = 0.05  # of the validation images may lie on the wrong side of the limit, degraded or clean
LEAST = 0.5 / 255  # the residual of a perfect model, for the rounding to 8 bits


class Doubt(NamedTuple):
    """A limit between the residuals of the validation images degraded and clean."""

    limit: float
    usual: float
    """The median of the degraded ones; all residuals are root mean squares of pixels in [0, 1]."""

    def __call__(self, residual: float) -> bool:
        """Tell whether a photograph of that residual is to be doubted: it lies where the clean ones do."""
        return residual > self.limit


Restore = Callable[[Tensor], Tensor]
"""Restores `(N, 3, H, W)` of the size that a model was trained at."""


def residuals(images: Tensor, restored: Tensor, degradation: Degradation, mask: Tensor) -> Tensor:
    """Compare what was given with what was restored and degraded again, inside `mask`; returns `(N,)`."""
    return root_mean_square(degraded_again(restored, degradation, mask) - images, mask)


def doubt_of(clean: Tensor, degraded: Tensor, restore: Restore, degradation: Degradation, mask: Tensor) -> Doubt | None:
    """Set the limit by the validation images, `(N, 3, size, size)`; None where the residuals do not tell them apart."""
    own, others = (residuals(images, restore(images), degradation, mask) for images in (degraded, clean))
    near, far = own.quantile(1 - TAIL), others.quantile(TAIL)
    if near >= far:  # as where it draws anew each time
        return None
    return Doubt(float(near.clamp(min=LEAST).mul(far.clamp(min=LEAST)).sqrt()), float(own.median()))
