"""Scores by group for the cards: for each label that came with the data and has groups large enough to compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...data.prepared import PreparedDataset
from ...errors import SpecError
from ..board import Board
from ..fairness import TOO_FEW, audit, labels_of
from ..markdown.fairness import cells
from ..submissions.datasets import portraits

WIDTHS = (1, 2, 5, 10, 20, 50)
MOST = 8  # groups of an attribute that a card has room for


@dataclass(frozen=True)
class Division:
    """One model's scores by one attribute, as text."""

    by: str
    groups: dict[str, str]
    """Group with its number of images -> mean and interval."""
    worst: str
    gap: str
    relative: str
    """The gap in times the degraded input's own."""
    p: str


@dataclass(frozen=True)
class Audit:
    """A board's scores by group, or why there are none."""

    divisions: Mapping[str, list[Division]] = field(default_factory=dict)
    """By model."""
    too_few: tuple[str, ...] = ()
    """Attributes without two groups that are large enough."""
    reason: str = ""


def groups(board: Board) -> Audit:
    """The audit of a board by every attribute of its data that has groups enough."""
    if board.ranked_by is None:
        return Audit(reason="no model was scored")
    data = portraits(board.setting.dataset, board.setting.size, board.setting.fingerprint)
    if isinstance(data, str):
        return Audit(reason=data)
    if not data.attributes:
        return Audit(reason=f"{board.setting.dataset} has no labels")
    found = {name: _division(data, name) for name in data.attributes}
    divisions: dict[str, list[Division]] = {}
    for by in filter(None, found.values()):
        for line in cells(audit(board, [by])[0]):
            model = line.pop("model")
            *shown, worst, gap, relative, p = line.items()
            divisions.setdefault(model, []).append(
                Division(_words(by), dict(shown), worst[1], gap[1], relative[1], p[1])
            )
    return Audit(divisions, tuple(name for name, by in found.items() if by is None))


def _words(by: str) -> str:
    """`birth_year/10` as `birth_year (steps of 10)`."""
    name, _, width = by.partition("/")
    return f"{name} (steps of {width})" if width else name


def _division(data: PreparedDataset, name: str) -> str | None:
    """The attribute, in bins if need be, so that at least two groups are large enough; None if there is no such."""
    for by in (name, *(f"{name}/{width}" for width in WIDTHS[1:])):
        try:
            counts = Counter(label for label in labels_of(data, by).values() if label is not None)
        except SpecError:  # only numbers can be binned
            return None
        if sum(count >= TOO_FEW for count in counts.values()) >= 2 and len(counts) <= MOST:
            return by
    return None
