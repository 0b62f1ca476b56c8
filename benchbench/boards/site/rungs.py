"""A board at each rung of training, for its slider: all is worked out here, the page's script only shows it."""

from __future__ import annotations

from typing import Any

from ..text import rung_name
from ..view import Row, View, view_of
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
    course, own = entry.board.course, entry.board.setting.rung
    if course is None or own not in course.flops:
        return None
    keys = [column.key for column in entry.view.columns]
    known: list[float] = course.flops.tolist()
    views = [entry.view if flops == own else view_of(entry.board.at(flops)) for flops in known]
    return {
        "at": known.index(own),
        "columns": keys,
        "rungs": [
            {"name": rung_name(flops), "lede": lede(view, root), "rows": [_line(view, row, keys) for row in view.rows]}
            for flops, view in zip(known, views, strict=True)
        ],
    }


def lede(view: View, root: str) -> str:
    """Render the sentence that begins a board's page: who leads."""
    return environment().get_template("lede.html").render(root=root, view=view)


def _line(view: View, row: Row, keys: list[str]) -> list[Any]:
    """A row: model, ranks, the number to sort them by, first and last rank, whether it rises, cells.

    A cell is its text, or text, number to sort by, margin, and 1 if it is the best; None where the rung has none.
    """
    cells = [_cell(cell) if (cell := row.cells.get(key)) else None for key in keys]
    return [row.model, row.ranks, row.rank, row.span, int(row.rising), cells]


def _cell(cell: Any) -> list[Any]:
    value = None if cell.value is None else float(f"{cell.value:.7g}")
    return [cell.text + cell.unit, value, cell.margin, int(cell.best)]
