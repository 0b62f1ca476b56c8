"""Ranges of two parameters, and the points in them that a search tries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from benchbench import Range


class Box(nn.Module):
    """All pairs of values in two ranges, each in units of its scale."""

    middle: Tensor
    extent: Tensor

    def __init__(self, spans: Sequence[Range], scales: Sequence[float]) -> None:
        super().__init__()
        ends = torch.tensor([(span.low, span.high) for span in spans]).T * torch.tensor(scales)  # (2: low, high; 2)
        self.register_buffer("middle", ends.mean(0), persistent=False)
        self.register_buffer("extent", (ends[1] - ends[0]) / 2, persistent=False)

    def clamp(self, points: Tensor) -> Tensor:
        """Points `(…, 2)` moved into the box."""
        return torch.minimum(torch.maximum(points, self.middle - self.extent), self.middle + self.extent)

    def inside(self, points: Tensor) -> Tensor:
        """Where in the box points `(…, 2)` lie, −1 to 1 along each range; 0 along a range of one value."""
        return (points - self.middle) / self.extent.where(self.extent > 0, torch.inf)

    def grid(self, about: Tensor, reach: float, count: int) -> Tensor:
        """`count`² points around each of `(N, 2)`, as far as `reach` times the box, inside it: `(N, count², 2)`."""
        line = torch.linspace(-reach, reach, count, device=about.device)
        return self.clamp(about[:, None] + torch.cartesian_prod(line, line) * self.extent)

    def levels(self, count: int, fine: int, rounds: int) -> Iterator[tuple[float, int]]:
        """Reach and count for `grid`: first all of the box, then `rounds` times the gap that the last one left.

        None for a box of one point.
        """
        reach = 1.0
        for number in (count, *(fine for _ in range(rounds))) if self.extent.any() else ():
            yield reach, number
            reach *= 2 / (number - 1)
