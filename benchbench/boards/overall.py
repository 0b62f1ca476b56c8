"""Overall boards: models compared over all degradations of one data set, size, way of training and protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd

from ..contracts.model import BASELINE, COMPETES, IDEAL
from .board import Board
from .comparisons import compare, rank_ranges
from .estimates import Array, estimate
from .rows import GAIN, HIGH, LOW, RANK, RECOVERED, may_lead, steady_mean, tracks
from .setting import League

SHARE = "share"
FEWEST = 6  # degradations that intervals and ranks over degradations take: of fewer, all may go one way by chance


@dataclass(frozen=True)
class Overall:
    """Models compared over the boards of one data set, size, way of training and protocol."""

    boards: list[Board]
    """One per degradation, only boards whose input is degraded, so that there is a gain."""
    rows: pd.DataFrame
    """One row per model that was scored on all boards, the highest share first: model, role, share (the mean over the
    boards of its part of the best gain), boards, won (on how many it may be the best), mean_gain, mean_recovered and
    recovered_boards (where there is an ideal); and, of FEWEST boards and more, share.low and .high, rank, rank.low and
    .high."""
    partial: dict[str, int]
    """Model -> number of boards with its scores, for models that lack scores on some."""
    metric: str

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
    tables = [_competing(b) for b in boards]
    counts = pd.concat([t["model"] for t in tables]).value_counts()
    complete = sorted(counts[counts == len(boards)].index)
    every = pd.concat([t[t["model"].isin(complete)] for t in tables]).groupby("model")
    rows = pd.DataFrame({"model": complete}).join(_places(tables, complete))
    of = rows["model"].map
    rows = rows.assign(role=of(every["role"].first()), boards=len(boards), won=of(every["won"].sum()))
    for scale in (GAIN, RECOVERED):
        if any(scale in t for t in tables):
            rows[f"mean_{scale}"] = of(every[scale].agg(steady_mean))
    if RECOVERED in every.obj:
        rows["recovered_boards"] = of(every[RECOVERED].count())
    partial = {model: int(n) for model, n in sorted(counts.items()) if n < len(boards)}
    rows = rows.sort_values([SHARE, "model"], ascending=[False, True], ignore_index=True)
    return Overall(boards, rows, partial, metric)


def _competing(board: Board) -> pd.DataFrame:
    """The rows that are compared: neither the ideal nor codecs that were not trained to restore."""
    rows = board.rows
    codec = rows["bytes"].notna() & (rows["flops"] == 0)
    kept = rows.assign(quality=board.quality, won=may_lead(rows))[(rows["role"] != IDEAL) & ~codec]
    kept = kept[kept["quality"].notna()]
    return kept.assign(**{SHARE: shares(kept["quality"], kept["role"])})


def shares(quality: pd.Series, role: pd.Series) -> pd.Series:
    """Divide each model's gain over the degraded input by the best of those that compete; at least -1.

    So 1 is the best model and 0 the input. Where no model gains, the largest loss is -1.
    """
    gains = quality - quality[role == BASELINE].iloc[0]
    best = gains[role == COMPETES].max()
    scale = best if best > 0 else gains.abs().max()
    return (gains / scale).clip(lower=-1.0) if scale > 0 else gains


def _places(tables: Sequence[pd.DataFrame], models: Sequence[str]) -> pd.DataFrame:
    """Mean shares, their intervals and ranks: boards are to these what images are to a board.

    How boards differ holds all that makes them differ, other trainings on each included.
    """
    values = np.array([t.set_index("model").loc[models, SHARE] for t in tables]).reshape(len(tables), -1)
    found = {SHARE: values.mean(0)}
    if len(tables) >= FEWEST and len(models):
        role = tables[0].set_index("model").loc[models, "role"]
        parts = [pd.DataFrame(_ranges(values[:, some]), index=some) for some in tracks(role)]
        return pd.DataFrame(found).join(pd.concat(parts))
    return pd.DataFrame(found)


def _ranges(values: Array) -> dict[str, Array]:
    """Bounds and ranks of the means of shares `(boards, models)`."""
    boards, models = values.shape
    means = estimate(values.T[:, :, None], np.arange(models), np.zeros(models, bool), np.arange(boards))
    (low, high), (first, last) = means.interval(), rank_ranges(compare(means).higher)
    ranks = pd.Series(values.mean(0)).rank(method="min", ascending=False).astype(int)
    bounds = {SHARE + LOW: low[:, 0], SHARE + HIGH: high[:, 0]}
    return bounds | {RANK: ranks.to_numpy(), RANK + LOW: first, RANK + HIGH: last}
