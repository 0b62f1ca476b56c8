"""A part of a run's trials, for machines that know nothing of each other: `--shard 3/12`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import SpecError
from ..results.trial import Trial


def parse_shard(text: str) -> tuple[int, int]:
    """Return which part is meant, from 1, and of how many. Raises SpecError.

    >>> parse_shard("3/12")
    (3, 12)
    """
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    part, parts = map(int, found.groups()) if found else (0, 0)
    if not 1 <= part <= parts:
        raise SpecError(f"'{text}' is no part of a run: 3/12 is the third of twelve")
    return part, parts


def shard_of(trials: Sequence[Trial], part: int, parts: int) -> list[Trial]:
    """Return the trials of one part, in their order.

    All parts together have each trial once, and as nearly as can be as many of each model. What is done already has
    no influence, so the parts of one request stay the same.
    """
    by_model = sorted(range(len(trials)), key=lambda position: str(trials[position].model))
    return [trials[position] for position in sorted(by_model[part - 1 :: parts])]
