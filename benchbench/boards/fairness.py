"""Scores by group: who is restored worse, by how much, and how that compares with the degraded input itself.

Groups are labels that came with the data. Where there are none there is no audit: nothing is guessed from pixels. A
group of fewer than TOO_FEW test images is named, but gets no score, and takes no part in the gap.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.prepared import PreparedDataset
from ..errors import SpecError, did_you_mean
from ..results.record import MetricFacts
from .board import Board
from .rows import BASELINE
from .statistics import Array, mean_intervals
from .submissions.datasets import portraits

if TYPE_CHECKING:
    import pandas as pd

TOO_FEW = 20
FACE = "@face"
CROSS = " × "
SEED = 0


@dataclass(frozen=True)
class Group:
    """A group's scores by one model; mean and 95 % interval are NaN where there are too few images."""

    name: str
    n: int
    mean: float = math.nan
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Row:
    """One model's scores by group."""

    model: str
    role: str
    groups: tuple[Group, ...]
    worst: str = ""
    """The name of the group with the worst mean, "" if fewer than two groups have enough images."""
    gap: float = math.nan
    """Best minus worst mean of the groups, never negative; NaN for fewer than two."""
    relative: float = math.nan
    """The gap divided by that of the degraded input: above 1, the model widens it. NaN where that has none."""
    p: float = math.nan
    """Of a Kruskal-Wallis test that the groups do not differ: a gap between two groups is never quite 0."""


@dataclass(frozen=True)
class Table:
    """One board's audit by one attribute (or several, crossed) and one score; or why there is none."""

    board: Board
    by: str
    column: str
    """The score, such as `psnr` or `psnr@face`."""
    rows: tuple[Row, ...] = ()
    unknown: int = 0
    """Test images without a label."""
    reason: str = ""
    """Why there is no audit."""

    @property
    def signed(self) -> bool:
        """True for a shift: 0 is best, and the gap is between the largest and the smallest."""
        return self.board.metrics[self.column.partition("@")[0]].signed


def audit(board: Board, by: Sequence[str]) -> list[Table]:
    """The audits of a board by each attribute, and by all of them crossed: of the score that ranks, then of the shifts.

    An attribute of numbers may be binned: `birth_year/10` gives decades. Raises SpecError for an unknown attribute.
    """
    first = board.ranked_by
    if first is None:
        return []
    data = portraits(board.setting.dataset, board.setting.size, board.setting.fingerprint)
    if isinstance(data, str) or not data.attributes:
        why = data if isinstance(data, str) else f"{board.setting.dataset} has no labels"
        return [Table(board, CROSS.join(by), first, reason=f"no audit: {why}")]
    single = [labels_of(data, attribute) for attribute in by]
    wanted = list(zip(by, single, strict=True))
    if len(by) > 1:
        wanted.append((CROSS.join(by), _crossed(single)))
    shifts = [m + FACE for m, facts in board.metrics.items() if facts.signed and m + FACE in board.rows]
    return [_table(board, name, column, labels) for name, labels in wanted for column in (first, *shifts)]


def labels_of(data: PreparedDataset, by: str) -> dict[str, str | None]:
    """Image id -> group of each test image; None where it is unknown. Raises SpecError for an unknown attribute."""
    name, _, width = by.partition("/")
    if name not in data.attributes:
        raise SpecError(f"{data.label} has no attribute '{name}': {did_you_mean(name, data.attributes)}")
    values = data.attributes[name]
    group = _binned(by, width, values) if width else str
    return {data.ids[i]: None if values[i] is None else group(values[i]) for i in data.indices("test")}


def _binned(by: str, width: str, values: Sequence[Any]) -> Any:
    if not width.isdigit() or int(width) < 1:
        raise SpecError(f"'{by}': after the slash stands the width of a bin, a whole number such as 10")
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in values if v is not None):
        raise SpecError(f"'{by}': only an attribute of numbers can be binned")
    step = int(width)

    def name(value: float) -> str:
        start = math.floor(value / step) * step
        return f"{start}–{start + step - 1}" if step > 1 else str(start)

    return name


def _crossed(labels: Sequence[Mapping[str, str | None]]) -> dict[str, str | None]:
    parts = {i: [found[i] for found in labels] for i in labels[0]}
    return {i: None if None in values else CROSS.join(str(v) for v in values) for i, values in parts.items()}


def _table(board: Board, by: str, column: str, labels: Mapping[str, str | None]) -> Table:
    facts = board.metrics[column.partition("@")[0]]
    rows = []
    for model, role in zip(board.rows["model"], board.rows["role"], strict=True):
        if (scores := _scores(board, model, column)) is not None:
            members = _members(scores, labels)
            groups = tuple(_group(name, values) for name, values in members.items())
            rows.append(_compared(Row(model, role, groups), members, facts))
    own = next((row.gap for row in rows if row.role == BASELINE), math.nan)
    if math.isfinite(own) and own > 0:
        rows = [replace(row, relative=row.gap / own) for row in rows]
    return Table(board, by, column, tuple(rows), sum(label is None for label in labels.values()))


def _scores(board: Board, model: str, column: str) -> pd.Series | None:
    """The score of each image by a model, averaged over its trainings."""
    import pandas as pd

    results = [r for r in board.scored if r.record.trial.model == model]
    found = [r.scores[column] for r in results if column in r.scores]
    return pd.concat(found, axis=1).mean(axis=1) if found else None


def _members(scores: pd.Series, labels: Mapping[str, str | None]) -> dict[str, Array]:
    """Group -> the scores of its images."""
    known = scores.dropna()
    names = sorted({label for label in labels.values() if label is not None}, key=_natural)
    return {name: known[[labels.get(str(i)) == name for i in known.index]].to_numpy(float) for name in names}


def _compared(row: Row, members: Mapping[str, Array], facts: MetricFacts) -> Row:
    """The row with its worst group, its gap, and the chance of one, where two groups have enough images."""
    means = {g.name: g.mean for g in row.groups if g.n >= TOO_FEW}
    if len(means) < 2:
        return row
    sign = -1 if facts.higher_is_better else 1
    badness = {name: abs(m) if facts.signed else sign * m for name, m in means.items()}
    with np.errstate(invalid="ignore"):
        gap = float(np.subtract(max(means.values()), min(means.values())))
    p = _chance([members[name] for name in means])
    return replace(row, worst=max(badness, key=lambda name: badness[name]), gap=gap, p=p)


def _natural(name: str) -> tuple[bool, float, str]:
    """Numbers in their order, before words."""
    start = name.partition(CROSS)[0].partition("–")[0]
    try:
        return False, float(start), name
    except ValueError:
        return True, 0.0, name


def _group(name: str, values: Any) -> Group:
    if len(values) < TOO_FEW:
        return Group(name, len(values))
    low, high = mean_intervals(values[:, None], SEED)
    return Group(name, len(values), float(values.mean()), float(low[0]), float(high[0]))


def _chance(groups: list[Array]) -> float:
    """p of the Kruskal-Wallis test that groups come from one distribution; 1 where all scores are equal."""
    from scipy import stats

    pooled = np.concatenate(groups)
    if len(np.unique(pooled)) < 2:
        return 1.0
    ranks = stats.rankdata(pooled)  # infinite scores are alike
    return float(stats.kruskal(*np.split(ranks, np.cumsum([len(g) for g in groups])[:-1])).pvalue)
