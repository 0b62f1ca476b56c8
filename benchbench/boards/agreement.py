"""How far two orders of the same models agree: those of a metric and of people, or those of two data sets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

import numpy as np
import pandas as pd
from scipy import special

from ..contracts.model import COMPETES
from .board import Board
from .estimates import LEVEL, Array
from .setting import Setting
from .text import interval, number

FEWEST = 3  # models that a correlation takes; its interval takes more than four, by its formula
MEANING = "1 is the same order, 0 no relation, −1 the reverse"


@dataclass(frozen=True)
class Agreement:
    """Kendall's τ-b between two scores of models: 1 where both give one order, -1 where one is the other's reverse."""

    tau: float
    low: float
    high: float
    """Bounds of its 95 % interval over models, NaN for fewer than five."""
    models: int

    @property
    def text(self) -> str:
        """`0.80 (0.21 to 0.96)`."""
        bounds = interval(self.low, self.high, 2)
        return number(self.tau, 2) + (f" ({bounds})" if bounds else "")


@dataclass(frozen=True)
class Across:
    """How far two data sets agree on the order of the models of one degradation."""

    setting: Setting
    """That of the first data set, at the rung at which both are compared."""
    other: str
    """The second data set."""
    metric: str
    agreement: Agreement


def kendall(ours: Array, theirs: Array) -> Agreement:
    """Kendall's τ-b of two scores `(k,)` of models, with an interval over models; NaN in either is left out.

    The interval is that of Fieller, Hartley & Pearson 1957 (doi:10.1093/biomet/44.3-4.470): atanh τ has the variance
    0.437 / (k − 4). Half a swapped pair keeps it from 1.
    """
    from scipy import stats

    known = ~(np.isnan(ours) | np.isnan(theirs))
    k = int(known.sum())
    tau = float(stats.kendalltau(ours[known], theirs[known]).statistic) if k >= FEWEST else math.nan
    if k < 5 or math.isnan(tau):
        return Agreement(tau, math.nan, math.nan, k)
    most = 1 - 2 / (k * (k - 1))
    half = special.ndtri((1 + LEVEL) / 2) * math.sqrt(0.437 / (k - 4))
    z = math.atanh(min(max(tau, -most), most))
    return Agreement(tau, min(tau, math.tanh(z - half)), max(tau, math.tanh(z + half)), k)


def across(boards: Sequence[Board]) -> list[Across]:
    """Compare boards of different data sets that are alike in all else, each pair at the lower of its two rungs.

    Only models that compete count: with the input and ideals, every two data sets would agree.
    """

    def alike(board: Board) -> tuple[str, ...]:
        s = board.setting
        facts = (s.degradation, s.degradation_digest, s.size, s.protocol, s.training, board.ranked_by)
        return tuple(map(str, facts))

    found = []
    for _, group in groupby(sorted(boards, key=alike), key=alike):
        known = {board.setting.dataset: board for board in sorted(group, key=_finished)}  # of several, the newest
        pairs = (_pair(known[a], known[b]) for a, b in combinations(sorted(known), 2))
        found += [pair for pair in pairs if pair]
    return found


def _pair(ours: Board, theirs: Board) -> Across | None:
    """Compare two boards; None where they share no rung, or too few models."""
    shared = min(ours.setting.rung, theirs.setting.rung)
    ours, theirs = (board if board.setting.rung == shared else board.at(shared) for board in (ours, theirs))
    metric = ours.ranked_by
    if metric is None or ours.setting.rung != theirs.setting.rung:
        return None
    both = pd.concat([_competing(ours), _competing(theirs)], axis=1, join="inner").to_numpy(float)
    agreement = kendall(both[:, 0], both[:, 1])
    return None if math.isnan(agreement.tau) else Across(ours.setting, theirs.setting.dataset, metric, agreement)


def _finished(board: Board) -> str:
    return max((result.record.finished_at for result in board.results), default="")


def _competing(board: Board) -> pd.Series:
    """Model -> its quality, of those that compete."""
    kept = board.rows["role"] == COMPETES
    return pd.Series(board.quality[kept].to_numpy(), board.rows["model"][kept])
