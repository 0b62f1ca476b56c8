"""A board at each rung of training, for its slider: all is worked out here, the page's script only shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..columns import Cell, Column
from ..text import rung_name
from ..view import Row, View
from .entries import Entry
from .render import environment


def at_each(entry: Entry, root: str) -> dict[str, Any] | None:
    """What the table of a board shows at every rung, lowest first, and which of them the page shows at first.

    A rung has its name, the sentence that begins the page, and its rows, best first; see `_line`. A row's cells are in
    the order of `columns`. None for a board whose trainings have fewer than two rungs.

    Args:
        entry: The board.
        root: The way from the page to the site's root.
    """
    if not entry.rungs:
        return None
    keys = [column.key for column in entry.view.columns]
    return {
        "at": list(entry.rungs).index(entry.board.setting.rung),
        "columns": keys,
        "rungs": [
            {"name": rung_name(flops), "lede": lede(view, root), "rows": [_line(row, keys) for row in view.rows]}
            for flops, view in entry.rungs.items()
        ],
    }


def elsewhere(entry: Entry) -> list[Row]:
    """Return a row without scores for each model that has some at other rungs alone, for the slider to fill."""
    others = {row.model: row for view in entry.rungs.values() for row in view.rows if row.model not in entry.row}
    return [_blank(row, entry.view.columns) for row in others.values()]


def _blank(row: Row, columns: Sequence[Column]) -> Row:
    cells = {column.key: Cell("–", None) for column in columns}
    return replace(row, rank=None, ranks="–", span=None, rising=False, cells=cells)


def lede(view: View, root: str) -> str:
    """Render the sentence that begins a board's page: who leads."""
    return environment().get_template("lede.html").render(root=root, view=view)


def _line(row: Row, keys: list[str]) -> list[Any]:
    """A row: model, ranks, the number to sort them by, first and last rank, whether it rises, cells.

    A cell is its text, or text, number to sort by, margin, and 1 if it is the best; None where the rung has none.
    """
    cells = [_cell(cell) if (cell := row.cells.get(key)) else None for key in keys]
    return [row.model, row.ranks, row.rank, row.span, int(row.rising), cells]


def _cell(cell: Any) -> list[Any]:
    value = None if cell.value is None else float(f"{cell.value:.7g}")
    return [cell.text + cell.unit, value, cell.margin, int(cell.best)]
