"""Scores by group for the cards: for each label that came with the data and has groups large enough to compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...data.prepared import PreparedDataset
from ...errors import DataError, SpecError
from ..board import Board
from ..fairness import TOO_FEW, labelled_data, labels_of, table_of
from ..markdown.fairness import cells

WIDTHS = (2, 5, 10, 20, 50)
MOST = 8  # groups of an attribute that a card has room for


@dataclass(frozen=True)
class Audit:
    """A board's scores by group, or why there are none."""

    divisions: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Model -> for each attribute its name (`by`), its groups' scores, and worst, gap, relative gap and p, as text."""
    too_few: tuple[str, ...] = ()
    """Attributes without two groups that are large enough."""
    reason: str = ""


def groups(board: Board) -> Audit:
    """Audit a board by every attribute of its data that has groups enough."""
    if board.ranked_by is None:
        return Audit(reason="no model was scored")
    try:
        data = labelled_data(board)
    except DataError as error:
        return Audit(reason=str(error))
    found = {name: _binned(data, name) for name in data.attributes}
    divisions: dict[str, list[dict[str, Any]]] = {}
    for by in filter(None, found.values()):
        name, _, width = by.partition("/")
        shown = f"{name} (steps of {width})" if width else name
        for line in cells(table_of(board, by, board.ranked_by, labels_of(data, by))):
            (_, model), *scores, (_, worst), (_, gap), (_, relative), (_, p) = line.items()
            division = {"by": shown, "groups": dict(scores), "worst": worst, "gap": gap, "relative": relative, "p": p}
            divisions.setdefault(model, []).append(division)
    return Audit(divisions, tuple(name for name, by in found.items() if by is None))


def _binned(data: PreparedDataset, name: str) -> str | None:
    """Return the attribute, in bins if need be, with at least two groups that are large enough, or else None."""
    for by in (name, *(f"{name}/{width}" for width in WIDTHS)):
        try:
            counts = labels_of(data, by).value_counts()
        except SpecError:  # only numbers can be binned
            return None
        if (counts >= TOO_FEW).sum() >= 2 and len(counts) <= MOST:
            return by
    return None
