"""What moved between two folders of results, or of boards, and whether it is more than chance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError
from ..files import read_json
from ..results.renamed import current_name
from ..results.store import Result
from .board import Board, Setting, collect
from .statistics import LEVEL, holm, signed_rank
from .text import budget_name, number

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Row:
    """A model's place on a board."""

    rank: str
    score: float
    metric: str
    digits: int
    results: tuple[Result, ...] = ()
    """Its results, if these were given and not only boards."""

    @property
    def shown(self) -> str:
        """The score as boards show it."""
        return number(self.score, self.digits)


Boards = dict[tuple[str, ...], dict[str, Row]]
"""Board (its setting as text) -> model -> row."""


@dataclass(frozen=True)
class Change:
    """What became of a row."""

    board: str
    model: str
    what: str
    """`new`, `gone` or `moved`."""
    rank: tuple[str, str]
    score: tuple[str, str]
    metric: str
    p: float | None = None
    """Of a paired test, adjusted for all rows that moved; None where it could not be made."""
    reason: str = ""
    """Why there was no test, or what it tells."""


def diff(before: Path, after: Path) -> list[Change]:
    """Every row that is new, gone, or stands elsewhere or with another score. Raises DataError for an empty folder."""
    old, new = read(before), read(after)
    places = sorted({(board, model) for side in (old, new) for board, rows in side.items() for model in rows})
    pairs = [(board, model, old.get(board, {}).get(model), new.get(board, {}).get(model)) for board, model in places]
    moved = [pair for pair in pairs if not _same(pair[2], pair[3])]
    tests = [_test(a, b) for _, _, a, b in moved]
    adjusted = iter(holm(np.array([t for t in tests if isinstance(t, float)])))
    return [
        _change(board, model, a, b, float(next(adjusted)) if isinstance(test, float) else test)
        for (board, model, a, b), test in zip(moved, tests, strict=True)
    ]


def read(folder: Path) -> Boards:
    """The rows of the boards that a folder's results give, or of the boards in it. Raises DataError if it has none."""
    within = folder / "results"
    for results in (within, folder):
        boards, _ = collect(results)
        if boards:
            return {_name(b.setting): _rows(b) for b in boards}
    known = [_read_board(board) for path in sorted(folder.glob("*/*.json")) for board in read_json(path)]
    if not known:
        raise DataError(f"{folder} holds neither results nor boards")
    return dict(known)


def _name(setting: Setting) -> tuple[str, ...]:
    return tuple(str(value) for value in vars(setting).values())


def _rows(board: Board) -> dict[str, Row]:
    metric = board.ranked_by
    if metric is None:
        return {}
    results: dict[str, list[Result]] = {}
    for result in board.scored:
        results.setdefault(result.record.trial.model, []).append(result)
    return {
        row["model"]: _row(row, metric, board.metrics[metric].digits, tuple(results[row["model"]]))
        for row in board.rows.to_dict("records")
    }


def _row(row: Mapping[str, Any], metric: str, digits: int, results: tuple[Result, ...] = ()) -> Row:
    score = row.get(metric)
    value = math.nan if score is None else float(score)
    return Row(str(row.get("rank", "")), value, current_name(metric), digits, results)


def _read_board(content: Mapping[str, Any]) -> tuple[tuple[str, ...], dict[str, Row]]:
    try:
        name = tuple(str(content.get(field, "")) for field in Setting.__dataclass_fields__)
        metric = content["ranked_by"]
        digits = int(content["metrics"][metric]["digits"]) if metric else 0
        rows = {row["model"]: _row(row, metric, digits) for row in content["rows"]} if metric else {}
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"a board is damaged: it lacks {error}; build it again") from error
    return name, rows


def _same(old: Row | None, new: Row | None) -> bool:
    return old is not None and new is not None and (old.rank, old.shown) == (new.rank, new.shown)


def _test(old: Row | None, new: Row | None) -> float | str:
    """p of the paired test of two rows, or why there is none."""
    if old is None or new is None:
        return "new" if new else "gone"
    if old.shown == new.shown:
        return "same score, other rows moved"
    if old.metric != new.metric:
        return f"ranked by {new.metric} now, by {old.metric} before"
    if not (old.results and new.results):
        return "not tested: boards hold no scores of single images"
    a, b = _per_image(old), _per_image(new)
    if set(a.index) != set(b.index):
        return "not tested: other test images"
    return float(signed_rank(a.to_numpy()[None], b.reindex(a.index).to_numpy()[None])[1][0])


def _per_image(row: Row) -> pd.Series:
    """The score of each image, averaged over trainings."""
    import pandas as pd

    return pd.concat([result.scores[row.metric] for result in row.results], axis=1).mean(axis=1)


def _change(board: tuple[str, ...], model: str, old: Row | None, new: Row | None, test: float | str) -> Change:
    facts = dict(zip(Setting.__dataclass_fields__, board, strict=True))
    name = f"{facts['degradation']} on {facts['dataset']}, {facts['size']} px, {budget_name(facts['budget'])}"
    ranks, scores = ((getattr(old, f, ""), getattr(new, f, "")) for f in ("rank", "shown"))
    what = "moved" if old and new else "new" if new else "gone"
    metric = (new or old or Row("", 0, "", 0)).metric
    if isinstance(test, str):
        return Change(name, model, what, ranks, scores, metric, None, test)
    verdict = "more than chance" if test <= 1 - LEVEL else "chance may explain it"
    return Change(name, model, what, ranks, scores, metric, test, verdict)
