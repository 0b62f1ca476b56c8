"""Boards with their places on the site and the scores of each image, and leagues of boards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ...files import digest
from ...results.store import Result
from ..board import Board
from ..overall import Overall, overall
from ..text import budget_name, number
from ..view import Row, View, view_of


@dataclass(frozen=True)
class Entry:
    """A board and its place on the site."""

    id: str
    """`<data set>/<degradation>`, safe in paths and different for each board."""
    board: Board

    @property
    def results(self) -> Mapping[str, Result]:
        """Model -> its first scored result, best first."""
        return self.board.first_results

    @cached_property
    def scores(self) -> Mapping[str, pd.DataFrame]:
        """Model -> the score of each test image: rows are image ids, columns metrics."""
        return {model: result.scores for model, result in self.results.items()}

    @property
    def league(self) -> League:
        """The boards that this one may be compared with."""
        return _league(self.board)

    @cached_property
    def view(self) -> View:
        """The board as it is shown."""
        return view_of(self.board)

    @cached_property
    def row(self) -> dict[str, Row]:
        """Model -> its row, best first."""
        return {row.model: row for row in self.view.rows}

    def shown(self, score: float) -> str:
        """A score by the metric that ranks, with its unit."""
        column = self.view.ranking
        return f"{number(score, column.digits)} {column.unit}".strip() if column else "–"


@dataclass(frozen=True)
class League:
    """The conditions of boards whose scores may stand in one table: all but the degradation."""

    dataset: str
    size: int
    budget: str
    protocol: int
    fingerprint: str

    @property
    def title(self) -> str:
        """In words."""
        return f"{self.dataset}, {self.size} px, {budget_name(self.budget)}"

    @property
    def anchor(self) -> str:
        """An id for links within a page."""
        return "league-" + digest(*vars(self).values())[:8]


def _league(board: Board) -> League:
    s = board.setting
    return League(s.dataset, s.size, s.budget, s.protocol, s.fingerprint)


def entries(boards: Sequence[Board]) -> list[Entry]:
    """Give boards their places. Where several share data set and degradation, a digest tells them apart."""
    shared = Counter(board.setting.file for board in boards)
    found = []
    for board in boards:
        dataset, degradation = board.setting.file
        own = "" if shared[board.setting.file] == 1 else f"-{board.setting.code}"
        found.append(Entry(f"{dataset}/{degradation}{own}", board))
    return found


def leagues(found: Sequence[Entry]) -> dict[League, list[Entry]]:
    """Group entries by league, the league with most boards first."""
    groups: dict[League, list[Entry]] = {}
    for entry in found:
        groups.setdefault(entry.league, []).append(entry)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0].title, item[0].fingerprint)))


def comparisons(boards: Sequence[Board]) -> dict[League, Overall]:
    """Compare models over the boards of each league that has several."""
    return {_league(found.boards[0]): found for found in reversed(overall(boards))}  # of several metrics, the first


def worst(entry: Entry, model: str, count: int = 4) -> list[tuple[str, float]]:
    """(image id, score) of a model's worst test images, worst first, by the metric that ranks the board.

    Infinite scores are left out: an image that came back whole is no bad one.
    """
    first, scores = entry.board.ranked_by, entry.scores.get(model)
    if first is None or scores is None or first not in scores:
        return []
    finite = scores[first][np.isfinite(scores[first])]
    ordered = finite.sort_values(ascending=entry.board.better(first), kind="stable")
    return [(str(image), float(score)) for image, score in ordered.head(count).items()]
