"""How another library does what a component does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Peer:
    """Another library's way to do what a component does; `benchbench speed` times both side by side.

    >>> import torch
    >>> from torch.nn import functional
    >>> from benchbench import Peer
    >>> def prepare(restored, clean):
    ...     return lambda: functional.mse_loss(restored, clean, reduction="none").mean((1, 2, 3))
    >>> Peer("mse", "torch", prepare).prepare(torch.zeros(2, 3, 8, 8), torch.ones(2, 3, 8, 8))()
    tensor([1., 1.])
    """

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
