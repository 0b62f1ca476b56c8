"""Degradations in five severities, from hardly visible to as bad as photographs get."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .degradation import Degradation
from .parameters import Range, param

if TYPE_CHECKING:
    from torch import Tensor

    from .seeding import Draw

LEVELS = 5


def graded(help: str, levels: Sequence[float | tuple[float, float]], **about: Any) -> Any:
    """Declare a parameter, `Range | None`, that severity sets where it is not given.

    `levels` has its value at each of the five severities, or the lowest and the highest value, between which each
    image draws its own. What else there is to say is said as in `param`: `low`, `high`, `unit`.

    >>> from benchbench import graded
    >>> graded("radius of the disc", (1, 1.5, 2.5, 4, (5, 7)), low=0, high=32).metadata["help"]
    'radius of the disc; none: 1, 1.5, 2.5, 4, 5..7 by severity'
    """
    spans = tuple(Range(*level) if isinstance(level, tuple) else Range(level, level) for level in levels)
    if len(spans) != LEVELS:
        raise ValueError(f"there must be {LEVELS} levels, not {len(spans)}")
    declared = param(None, f"{help}; none: {', '.join(map(str, spans))} by severity", **about)
    return dataclasses.field(default=None, metadata={**declared.metadata, "levels": spans})


@dataclass(frozen=True)
class Graded(Degradation, ABC):
    """A degradation in five severities: `severity` sets all graded parameters that are not given.

    `severity=3` on a board is the same for all images; with `severity=1..5` each image draws its own, halves and
    thirds included: between two severities parameters are interpolated.

    >>> from dataclasses import dataclass
    >>> from benchbench import Degraded, Graded, Range, graded
    >>> @dataclass(frozen=True)
    ... class Darken(Graded):
    ...     "Multiplies each image by a factor of its own."
    ...     name = "darken"
    ...     factor: Range | None = graded("what pixels are multiplied by", (0.9, 0.7, 0.5, 0.3, 0.1), low=0, high=1)
    ...     def apply(self, clean, draw):
    ...         factor = self.amounts(draw)["factor"]
    ...         return Degraded(clean * factor.view(-1, 1, 1, 1), truth={"factor": factor})
    >>> print(Darken(), Darken(severity=4), Darken("0.2..0.3"))
    darken darken:severity=4 darken:factor=0.2..0.3
    """

    severity: Range = param(
        Range(3, 3),
        "how strong, from hardly visible to ruined: sets what is not given",
        low=1,
        high=LEVELS,
        kw_only=True,
    )

    def amounts(self, draw: Draw) -> dict[str, Tensor]:
        """Draw one value per image, `(N,)`, of each graded parameter: as it is given, or as the severity says."""
        severity = draw.within(self.severity)
        return {
            f.name: draw.within(given)
            if (given := getattr(self, f.name)) is not None
            else _at(severity, f.metadata["levels"], draw.uniform())
            for f in dataclasses.fields(self)
            if "levels" in f.metadata
        }

    def span(self, name: str) -> Range:
        """Return the lowest and the highest value that a graded parameter may have."""
        given = getattr(self, name)
        if isinstance(given, Range):
            return given
        levels = next(f.metadata["levels"] for f in dataclasses.fields(self) if f.name == name)
        used = levels[math.floor(self.severity.low) - 1 : math.ceil(self.severity.high)]
        return Range(min(level.low for level in used), max(level.high for level in used))


def _at(severity: Tensor, levels: Sequence[Range], part: Tensor) -> Tensor:
    """Values `(N,)` at the severities `(N,)`, as far up each level's range as `part` `(N,)`, in [0, 1], says."""
    low, high = (severity.new_tensor([getattr(level, end) for level in levels]) for end in ("low", "high"))
    values = low + (high - low) * part[:, None]  # (N,5)
    below = (severity.floor() - 1).clamp(0, LEVELS - 2).long()
    return values.gather(1, below[:, None])[:, 0].lerp(values.gather(1, below[:, None] + 1)[:, 0], severity - 1 - below)
