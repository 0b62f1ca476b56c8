"""What a degradation tells about itself: applied once to a black image, without chance."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from benchbench import Degraded, Range, Task


def probe(task: Task) -> Degraded:
    """What the task's degradation makes of one black image; its region and truth show what it gives at all."""
    return task.degradation.apply(torch.zeros(1, task.channels, task.size, task.size), Middle())


class Middle:
    """A `Draw` without chance, for one image: the middle of each range."""

    n = 1
    device = torch.device("cpu")

    def uniform(self, low: float = 0.0, high: float = 1.0, shape: Sequence[int] = ()) -> Tensor:
        return torch.full((1, *shape), (low + high) / 2)

    def normal(self, shape: Sequence[int] = ()) -> Tensor:
        return torch.zeros((1, *shape))

    def rows(self, index: Tensor) -> Middle:
        return self

    def within(self, span: Range) -> Tensor:
        return self.uniform(span.low, span.high)
