"""Comparisons and audits as tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Column
from rich.table import Table as RichTable
from rich.text import Text

from ..boards.diff import Change
from ..boards.fairness import Table
from ..boards.markdown.fairness import cells, remarks, title


def show_changes(changes: Sequence[Change]) -> None:
    """Print a table per board, with a line per row that is new, gone or moved."""
    console = Console(highlight=False)
    if not changes:
        console.print("Nothing moved.")
    for board, members in groupby(changes, key=lambda c: c.board):
        heads = (Column(head, overflow="fold") for head in ("model", "rank", "score", "p", "what"))
        table = RichTable(*heads, title=Text(board), title_justify="left")
        for c in members:
            ranks, scores = (" → ".join(dict.fromkeys(part for part in pair if part)) for pair in (c.rank, c.score))
            p = "" if c.p is None else f"{c.p:.2g}"
            table.add_row(*map(Text, (c.model, ranks, f"{c.metric} {scores}", p, c.reason)))
        console.print(table)


def show_audit(tables: Sequence[Table]) -> None:
    """Print every audit with its remarks."""
    console = Console(highlight=False)
    for table in tables:
        console.print(title(table), markup=False, soft_wrap=True)
        if lines := cells(table):
            shown = RichTable()
            for head in lines[0]:
                shown.add_column(Text(head), justify="left" if head in ("model", "worst") else "right", overflow="fold")
            for line in lines:
                shown.add_row(*(Text(cell.replace(" [", "\n[")) for cell in line.values()))
            console.print(shown)
        for remark in remarks(table):
            console.print(f"- {remark}", markup=False, soft_wrap=True)
        console.print()
