"""The front page of a folder of boards: one line a board."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from ...files import write_atomically
from ..board import Board
from ..columns import gain
from ..published import PAGE
from ..rows import GAIN, HIGH, LOW, RANK, competes
from ..text import budget_name, escape, number, table, with_margin
from .overall import STEM

INDEX = "README.md"


def write_index(boards: Sequence[Board], folder: Path) -> Path:
    """Write `README.md` with a table for each data set: its boards, the best model of each, and what it gained."""
    made = "Made from stored results by `benchbench leaderboard build`; nothing here is edited by hand."
    parts = ["# Leaderboards", made]
    if (folder / PAGE).is_file():
        parts.append(f"[Published figures]({PAGE}) that cannot be ranked with these stand on a page of their own.")
    for dataset, group in groupby(boards, key=lambda b: b.setting.dataset):
        members = list(group)
        slug = members[0].setting.file[0]
        parts.append(f"## {escape(dataset)}")
        if (folder / slug / f"{STEM}.md").is_file():
            parts.append(f"[All degradations together]({quote(slug)}/{STEM}.md)")
        parts.append(_lines(members))
    write_atomically(folder / INDEX, "\n\n".join(parts) + "\n")
    return folder / INDEX


def _lines(boards: Sequence[Board]) -> str:
    heads = ("degradation", "size", "budget", "best", "score", "gain", "models")
    columns: dict[str, list[str]] = {head: [] for head in heads}
    for board in boards:
        s = board.setting
        link = f"[{escape(s.degradation)}]({quote(s.file[0])}/{quote(s.file[1])}.md)"
        cells = (link, f"{s.size} px", budget_name(s.budget), *_best(board), str(len(board.rows)))
        for column, cell in zip(columns.values(), cells, strict=True):
            column.append(cell)
    return table(columns, "degradation", "budget", "best")


def _best(board: Board) -> tuple[str, str, str]:
    """The best of the competing models, with how many share its rank; its score; its gain."""
    first = board.ranked_by
    rows = board.rows[competes(board.rows)] if first else board.rows
    if first is None or rows.empty:
        return "–", "–", "–"
    row, facts = rows.iloc[0], board.metrics[first]
    others = int((rows[RANK] == row[RANK]).sum()) - 1
    name = escape(row["model"]) + (f" and {others} more" if others else "")
    score = f"{escape(first)} {number(row[first], facts.digits)} {escape(facts.unit)}".strip()
    if GAIN not in rows or not math.isfinite(row[GAIN]):
        return name, score, "–"
    return name, score, with_margin(gain(row[GAIN], facts.digits), row[GAIN + LOW], row[GAIN + HIGH], facts.digits)
