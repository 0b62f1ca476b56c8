"""All that a board shows: rows, columns, cells, notes and facts. Markdown, terminal and site only draw it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ..contracts.model import BASELINE, IDEAL, OPEN
from .board import Board
from .columns import Cell, Column, Filled, best_of, columns_of, score_column
from .eyes import Eyes, eyes_of
from .ladder import columns_of_course, story_of
from .notes import Note, coverage_of, how_ranked, images_of, provenance_of, remarks_on, seeds_of
from .once import once
from .pareto import COSTS, fronts, is_choice, on_front
from .plane import Plane, plane_of
from .rows import ASIDE, HIGH, LOW, RANK
from .text import number, rank_text
from .times import of_single_images

ROLE_WORDS = {BASELINE: "the input as it is", IDEAL: "the ideal inverse", OPEN: "trained elsewhere"}


@dataclass(frozen=True)
class Row:
    """A model on a board."""

    model: str
    role: str
    sees: str
    """What it is told besides the image; "" for nothing."""
    rank: int | None
    """By the mean; None where the board has none, and in the open track."""
    ranks: str
    """The best and the worst rank that are possible, `2–4`, or the only one; `–` where the board has none.

    In the open track `open 2–4`, or `open`."""
    span: tuple[int, int] | None
    """The same as numbers; None where the board has none."""
    rising: bool
    """True if it still rose in the last doubling of compute."""
    cells: Mapping[str, Cell]
    """Column's key -> cell."""

    @property
    def label(self) -> str:
        """The model, what it is told, and whether it still rises."""
        told = f" (sees {self.sees})" if self.sees else ""
        return self.model + told + (" ↑" if self.rising else "")

    @property
    def reference(self) -> str:
        """What it is, in words, if it does not compete; else ""."""
        return ROLE_WORDS.get(self.role, "")


@dataclass(frozen=True)
class View:
    """All that a board shows but its pictures."""

    board: Board
    images: str
    """How many there are in each split; "" where unknown."""
    seeds: str
    columns: list[Column]
    rows: list[Row]
    """Best first."""
    coverage: dict[str, str]
    """Region -> how many test images have it, for regions that some lack."""
    cheapest: tuple[list[Column], list[Row]]
    """Score and costs of the models on any front of the two; a cell is best if its model is on that cost's front."""
    chains: dict[str, list[tuple[str, str, str]]]
    """Cost, milliseconds included -> (model, its cost, its score) of those on its front, the cheapest first."""
    course: tuple[list[Column], list[Row]]
    """The ranking score at each rung of training, the mean gap to the leader, the last rise; empty without rungs.

    Of codecs the trained ones alone."""
    plane: Plane | None
    """Perception against distortion; None without a metric of sets."""
    eyes: Eyes | None
    """What people's votes say; None where there are none on its pictures."""
    story: list[str]
    """Who leads at which rung, and whose curves cross."""
    how_ranked: list[Note]
    notes: list[Note]
    provenance: dict[str, list[str]]

    @property
    def ranking(self) -> Column | None:
        """The column that gives the order."""
        return next((column for column in self.columns if column.key == self.board.ranked_by), None)

    @property
    def leader(self) -> Row | None:
        """The best competing row; None where no model is better than the degraded input, and of codecs."""
        rows, column = self.board.rows, self.ranking
        if column is None or self.board.compression or best_of(rows, rows[column.key], column.higher_is_better) is None:
            return None
        return next(row for row in self.rows if not row.reference)

    @property
    def failures(self) -> dict[str, list[str]]:
        """Model of which trainings have no scores -> why, `failed: …` or `skipped: …`, each different reason once."""
        found: dict[str, dict[str, None]] = {}
        for row in self.board.failures:
            found.setdefault(row["model"], {})[f"{row['status']}: {row['reason']}"] = None
        return {model: list(reasons) for model, reasons in found.items()}

    @property
    def absences(self) -> list[dict[str, str]]:
        """Models without a score, status, reason and log; what several trainings of one have in common, once."""
        return [dict(facts) for facts in dict.fromkeys(tuple(row.items()) for row in self.board.failures)]

    @property
    def peers(self) -> list[str]:
        """The other models, and perhaps the degraded input, that may be as good as the leader."""
        rows = self.board.rows
        if (first := self.leader) is None or RANK not in rows:
            return []
        near = rows[(rows[RANK + LOW] <= rows.loc[rows["model"] == first.model, RANK + LOW].min())]
        return [model for model in near.loc[~near["role"].isin(ASIDE), "model"] if model != first.model]

    def ranked_with(self, row: Row) -> list[Row]:
        """The rows of its track: those that were trained elsewhere, or all others."""
        return [other for other in self.rows if (other.role == OPEN) == (row.role == OPEN)]

    @property
    def tracks(self) -> dict[str, list[Row]]:
        """Name of a track -> its rows, best first: what is compared with each other."""
        if self.board.compression:
            kinds = ("codecs", "no codecs: they store no bytes")
            apart = [math.isnan(taken) for taken in self.board.rows["bytes"]]
        else:
            kinds = ("trained here, or not at all", "open track: trained elsewhere, ranked apart")
            apart = [row.role == OPEN for row in self.rows]
        found = {kind: [r for r, a in zip(self.rows, apart, strict=True) if a == n] for n, kind in enumerate(kinds)}
        return {kind: rows for kind, rows in found.items() if rows}

    def score(self, row: Row) -> str:
        """A row's score by the metric that ranks, with its unit; `–` where nothing ranks."""
        column = self.ranking
        return f"{row.cells[column.key].text} {column.unit}".strip() if column else "–"

    def of(self, *groups: str) -> list[Column]:
        """The columns of these groups, in their order."""
        return [column for column in self.columns if column.group in groups]


@once
def view_of(board: Board) -> View:
    """Decide what a board shows."""
    filled = list(columns_of(board))
    return View(
        board,
        images_of(board),
        seeds_of(board),
        [column for column, _ in filled],
        _rows(board, filled),
        coverage_of(board),
        _cheapest(board),
        _chains(board),
        _course(board),
        plane_of(board),
        eyes_of(board),
        story_of(board),
        how_ranked(board),
        remarks_on(board),
        provenance_of(board),
    )


def _rows(board: Board, filled: Sequence[Filled]) -> list[Row]:
    found = []
    for position, row in enumerate(board.rows.to_dict("records")):
        low, high = (row.get(RANK + end) for end in (LOW, HIGH))
        ranks = rank_text(low, high, row["role"])
        span = None if low is None or high is None else (int(low), int(high))
        cells = {column.key: column_cells[position] for column, column_cells in filled}
        rising = row["model"] in board.rising
        rank = None if row["role"] == OPEN else row.get(RANK)
        found.append(Row(row["model"], row["role"], row["sees"], rank, ranks, span, rising, cells))
    return found


def _course(board: Board) -> tuple[list[Column], list[Row]]:
    """See `View.course`."""
    filled = list(columns_of_course(board))
    rows = _rows(board, filled) if filled else []
    if board.compression and board.course:
        trained = {m for m, is_trained in zip(board.course.models, board.course.trained, strict=True) if is_trained}
        rows = [row for row in rows if row.model in trained]
    return [column for column, _ in filled], rows


def _cheapest(board: Board) -> tuple[list[Column], list[Row]]:
    """See `View.cheapest`."""
    found, first, rows = fronts(board), board.ranked_by, board.rows
    if first is None or not found:
        return [], []
    filled = [_ranking_scores(board, first)]
    for name, models in found.items():
        filled.append(_cost_cells(name, rows[name], rows["model"].isin(models)))
    named = {model for models in found.values() for model in models}
    return [column for column, _ in filled], [row for row in _rows(board, filled) if row.model in named]


def _chains(board: Board) -> dict[str, list[tuple[str, str, str]]]:
    """See `View.chains`."""
    first, rows, found = board.ranked_by, board.rows, fronts(board)
    if first is None:
        return {}
    times = of_single_images(board)
    costs = {name: rows[name] for name in found} | {"milliseconds": times}
    if is_choice(board, times) and not board.compression:
        found["milliseconds"] = on_front(board, times)
    position = {model: n for n, model in enumerate(rows["model"])}
    _, scores = _ranking_scores(board, first)
    chains = {}
    for name, models in found.items():
        column, cells = _cost_cells(name, costs[name], rows["model"].isin(models))
        chains[column.head] = [(model, cells[n].text, scores[n].text) for model in models for n in [position[model]]]
    return chains


def _ranking_scores(board: Board, first: str) -> Filled:
    ranking = score_column(board, first)
    return ranking, [Cell(number(v, ranking.digits), v) for v in board.rows[first]]


def _cost_cells(name: str, values: pd.Series, best: pd.Series) -> Filled:
    """Write a cost of each row; `best` tells which are on its front."""
    cost = COSTS[name]
    texts = ["–" if math.isnan(v) else f"{v / cost.unit:,.{cost.digits}f}" for v in values]
    cells = [Cell(t, None if math.isnan(v) else v, b) for t, v, b in zip(texts, values, best, strict=True)]
    return Column(name, cost.label, "cost", digits=cost.digits), cells
