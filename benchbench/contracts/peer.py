"""How another library does what a component does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

"""Why a metric of regions cannot be had where there is none; the data and the degradation never change that."""


# ── peers ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Peer:
    """Another library's way to do what a component does, for `benchbench speed` to time side by side."""

    of: str
    """Spec of the component, such as `swirl`: a degradation or a metric."""
    library: str
    """Its distribution name."""
    prepare: Callable[[Tensor, Any], Callable[[], Tensor]]
    """For a degradation `prepare(clean, truth)`, for a metric `prepare(restored, clean)`; images float32
    `(N, C, H, W)` in [0, 1]. Returns the call to be timed, which gives the degraded images or the scores `(N,)`;
    conversions of the input belong in `prepare`."""
    exact: bool = True
    """Whether it gives the same values (noise, drawn otherwise, does not)."""
