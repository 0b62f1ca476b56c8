"""Overall boards: models compared over all degradations of one data set, size, budget and protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd

from .board import Board, League
from .estimates import LEVEL, Array, mean_intervals
from .rows import GAIN, HIGH, IDEAL, LOW, RECOVERED, may_lead

MEAN_RANK = "mean_rank"
FEWEST = 5  # degradations that an interval over degradations takes


@dataclass(frozen=True)
class Overall:
    """Models compared over the boards of one data set, size, budget and protocol."""

    boards: list[Board]
    """One per degradation, only boards whose input is degraded, so that there is a gain."""
    rows: pd.DataFrame
    """One row per model that was scored on all boards, the lowest mean rank first: model, role, mean_rank (with .low
    and .high over the boards), boards, won, mean_gain, mean_recovered (where there is an ideal)."""
    partial: dict[str, int]
    """Model -> number of boards with its scores, for models that lack scores on some."""
    metric: str
    friedman: float
    """p of the Friedman test that all models are equal; NaN where there are too few to test."""
    critical: float
    """Mean ranks that are nearer than this cannot be told apart (Nemenyi); NaN where there are too few to test."""

    @property
    def league(self) -> League:
        """The conditions that all its boards share."""
        return self.boards[0].setting.league


def overall(boards: Sequence[Board]) -> list[Overall]:
    """Make an overall board of each league with at least two degradations; `boards` are ordered as by `collect`."""

    def whole(board: Board) -> tuple[League, str]:
        return board.setting.league, board.ranked_by or ""

    found = []
    for (_, metric), group in groupby(sorted((b for b in boards if GAIN in b.rows), key=whole), key=whole):
        newest = {b.setting.degradation: b for b in group}  # of several test sets, one
        if len(newest) > 1:
            found.append(_compare(list(newest.values()), metric))
    return found


def _compare(boards: list[Board], metric: str) -> Overall:
    from scipy.stats import rankdata  # takes half a second to import, and a single board does without

    tables = [_competing(b) for b in boards]
    counts = pd.concat([t["model"] for t in tables]).value_counts()
    complete = sorted(counts[counts == len(boards)].index)
    scores = np.array([t.set_index("model").loc[complete, "quality"] for t in tables]).reshape(len(boards), -1)
    ranks = rankdata(-scores, axis=1) if complete else scores  # (boards, models), of equal scores the mean
    friedman, critical = differences(ranks)
    rows = _rows(boards, tables, complete, ranks)
    partial = {model: int(n) for model, n in sorted(counts.items()) if n < len(boards)}
    return Overall(boards, rows, partial, metric, friedman, critical)


def _competing(board: Board) -> pd.DataFrame:
    """The rows that are compared, with their quality: neither the ideal nor codecs that were not trained to restore."""
    rows = board.rows
    codec = rows["bytes"].notna() & (rows["flops"] == 0)
    return rows.assign(quality=board.quality)[(rows["role"] != IDEAL) & ~codec & board.quality.notna()]


def _rows(boards: Sequence[Board], tables: Sequence[pd.DataFrame], models: Sequence[str], ranks: Array) -> pd.DataFrame:
    low, high = np.full((2, len(models)), np.nan)
    if len(boards) >= FEWEST:
        low, high = mean_intervals(ranks)
    rows = pd.DataFrame(
        {"model": models, MEAN_RANK: ranks.mean(0), f"{MEAN_RANK}{LOW}": low, f"{MEAN_RANK}{HIGH}": high}
    )
    every = pd.concat([t.assign(won=may_lead(t)) for t in tables]).groupby("model")
    rows["boards"], rows["won"] = len(boards), rows["model"].map(every["won"].sum())
    for scale in (GAIN, RECOVERED):
        if any(scale in t for t in tables):
            rows[f"mean_{scale}"] = rows["model"].map(every[scale].mean())
    rows["role"] = rows["model"].map(every["role"].first())
    return rows.sort_values([MEAN_RANK, "model"], ignore_index=True)


def differences(ranks: Array) -> tuple[float, float]:
    """p of the Friedman test, and Nemenyi's critical difference of mean ranks, for ranks `(boards, models)`.

    After Demšar 2006 (JMLR 7:1-30): q √(k(k+1)/6N), q being the studentised range for k models over √2, 95 %. NaN for
    fewer than three models or boards. Wilcoxon tests of pairs, which depend less on who else is there, could find
    nothing: of the few boards that there are, no p survives Holm's correction for all pairs.
    """
    n, k = ranks.shape
    if n < 3 or k < 3:
        return float("nan"), float("nan")
    from scipy import stats

    q = stats.studentized_range.ppf(LEVEL, k, np.inf) / np.sqrt(2)
    with np.errstate(invalid="ignore"):  # where all ranks are equal
        chance = stats.friedmanchisquare(*ranks.T).pvalue
    return float(np.nan_to_num(chance, nan=1.0)), round(float(q * np.sqrt(k * (k + 1) / (6 * n))), 6)


def groups(mean_ranks: Array, critical: float) -> list[tuple[int, int]]:
    """The longest stretches (first, last) of ascending mean ranks that lie within the critical difference."""
    ends = [int(np.searchsorted(mean_ranks, rank + critical, side="right")) - 1 for rank in mean_ranks]
    return [(i, end) for i, end in enumerate(ends) if end > i and (i == 0 or end > ends[i - 1])]
