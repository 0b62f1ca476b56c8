"""What the metrics share: averages inside a region, and the reasons for which a metric cannot be had."""

from __future__ import annotations

from torch import Tensor

from benchbench import Task


def mean_inside(values: Tensor, region: Tensor | None) -> Tensor:
    """Means `(N, C)` of maps `(N, C, H, W)` over the pixels of `region` (bool `(N, 1, H, W)`, None for everywhere).

    An image whose region has no pixel gets NaN.
    """
    if region is None:
        return values.mean((-2, -1))
    return (values * region).sum((-2, -1)) / region.sum((-2, -1))


def too_small(task: Task, least: int) -> str | None:
    """Why the images of `task` are too small for a metric that needs `least` pixels a side, or None."""
    return f"needs images of at least {least} px, these have {task.size}" if task.size < least else None


def refuse(region: Tensor | None, name: str) -> None:
    """Raise ValueError if a metric that is defined on whole images only is asked for a region."""
    if region is not None:
        raise ValueError(f"{name} is defined on whole images only: it cannot be confined to a region")
