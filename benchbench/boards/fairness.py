"""Compare scores by group: who is restored worse, by how much, and was that already so in the degraded input?

Groups are labels that came with the data. Without labels there is no audit: nothing is guessed from pixels. A group of
fewer than TOO_FEW test images is named, but gets no score and takes no part in the gap.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..contracts.model import BASELINE
from ..data.prepared import PreparedDataset
from ..errors import DataError, SpecError, did_you_mean
from ..results.record import MetricFacts
from ..results.scores import FACE, metric_of
from .board import Board
from .estimates import Array, estimate
from .rows import persons_in
from .submissions.datasets import portraits

TOO_FEW = 20
CROSS = " × "


@dataclass(frozen=True)
class Group:
    """A group's scores by one model; mean and 95 % interval are NaN where there are too few images.

    The interval is over images and trainings, as on boards.
    """

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
    """The group with the worst mean; "" if fewer than two groups have enough images."""
    gap: float = math.nan
    """Best minus worst mean, at least 0; NaN for fewer than two groups."""
    p: float = math.nan
    """Of a Kruskal-Wallis test that the groups do not differ, after these trainings; NaN for fewer than two."""
    relative: float = math.nan
    """The gap divided by that of the degraded input: above 1, the model widens it. NaN where the input has none."""


@dataclass(frozen=True)
class Table:
    """One board's audit by one attribute, or by several crossed, and one score."""

    board: Board
    by: str
    column: str
    """The score, such as `psnr` or `psnr@face`."""
    rows: tuple[Row, ...] = ()
    unknown: int = 0
    """Test images without a label."""
    reason: str = ""
    """Why there is no audit."""


def audit(board: Board, by: Sequence[str]) -> list[Table]:
    """Audit a board by each attribute, and by all of them crossed: the score that ranks, then the shifts.

    An attribute of numbers may be binned: `birth_year/10` gives decades. Raises SpecError for an unknown attribute.
    """
    if (first := board.ranked_by) is None:
        return []
    try:
        data = labelled_data(board)
    except DataError as error:
        return [Table(board, CROSS.join(by), first, reason=f"no audit: {error}")]
    wanted = {attribute: labels_of(data, attribute) for attribute in by}
    if len(by) > 1:
        rows = pd.concat(list(wanted.values()), axis=1)
        known = {i: CROSS.join(labels) for i, *labels in rows.dropna().itertuples()}
        wanted[CROSS.join(by)] = pd.Series(known, rows.index, dtype=object)
    shifts = [m + FACE for m, facts in board.metrics.items() if facts.signed and m + FACE in board.rows]
    return [table_of(board, name, column, labels) for name, labels in wanted.items() for column in (first, *shifts)]


def labelled_data(board: Board) -> PreparedDataset:
    """Load the data set of a board. Raises DataError if it cannot be had or has no labels."""
    setting = board.setting
    data = portraits(setting.dataset, setting.size, setting.fingerprint)
    if not data.attributes:
        raise DataError(f"{setting.dataset} has no labels")
    return data


def labels_of(data: PreparedDataset, by: str) -> pd.Series:
    """Return the group of each test image, by id; missing where unknown.

    Raises SpecError for an unknown attribute, and for bins of no width or of what are no numbers.
    """
    name, _, width = by.partition("/")
    if name not in data.attributes:
        raise SpecError(f"{data.label} has no attribute '{name}': {did_you_mean(name, data.attributes)}")
    values = data.attributes[name]
    if width and not (width.isdigit() and int(width)):
        raise SpecError(f"'{by}': after the slash stands the width of a bin, a whole number such as 10")
    if width and any(isinstance(v, bool) or not isinstance(v, int | float) for v in values if v is not None):
        raise SpecError(f"'{by}': only an attribute of numbers can be binned")
    known = {data.ids[i]: values[i] for i in data.indices("test")}
    groups = {i: None if value is None else _group_of(value, int(width or 0)) for i, value in known.items()}
    return pd.Series(groups, dtype=object)


def _group_of(value: Any, width: int) -> str:
    if not width:
        return str(value)
    start = math.floor(value / width) * width
    return f"{start}–{start + width - 1}" if width > 1 else str(start)


def table_of(board: Board, by: str, column: str, labels: pd.Series) -> Table:
    """Audit one score of a board by the labels of the test images; `by` says what they are."""
    facts = board.metrics[metric_of(column)]
    scores = {
        model: found for model in board.rows["model"] if (found := _image_scores(board, model, column)) is not None
    }
    names = sorted(labels.dropna().unique(), key=_natural)
    groups = {name: _groups(board, name, scores, labels.index[labels == name]) for name in names}
    role = dict(zip(board.rows["model"], board.rows["role"], strict=True))
    rows = []
    for position, (model, found) in enumerate(scores.items()):
        members = _members(found.mean(axis=1), labels, names)
        rows.append(_row(model, role[model], [groups[name][position] for name in names], members, facts))
    own = next((row.gap for row in rows if row.role == BASELINE), math.nan)
    if math.isfinite(own) and own > 0:
        rows = [replace(row, relative=row.gap / own) for row in rows]
    return Table(board, by, column, tuple(rows), int(labels.isna().sum()))


def _image_scores(board: Board, model: str, column: str) -> pd.DataFrame | None:
    """Return the scores of each image (row, by id) after each of a model's trainings; None if it has none."""
    found = board.image_scores(model, column)
    return None if found is None else found.set_axis(found.index.astype(str))


def _members(scores: pd.Series, labels: pd.Series, names: Sequence[str]) -> dict[str, Array]:
    """Return group -> the scores of its images."""
    known = scores.dropna()
    own = labels.reindex(known.index).to_numpy()
    return {name: known.to_numpy(float)[own == name] for name in names}


def _groups(board: Board, name: str, scores: Mapping[str, pd.DataFrame], ids: pd.Index) -> list[Group]:
    """Score one group by each model that has `scores`; all are estimated together."""
    tables = [table.reindex(ids) for table in scores.values()]
    counts = [int(table.notna().any(axis=1).sum()) for table in tables]
    model = np.repeat(np.arange(len(tables)), [table.shape[1] for table in tables])
    seeded = {r.record.trial.model for r in board.scored if r.record.trial.seed is not None}
    stacked = np.concatenate([table.to_numpy(float).T for table in tables])[:, :, None]
    means = estimate(stacked, model, np.array([m in seeded for m in scores]), persons_in(board.scored, ids))
    low, high = means.interval()
    return [
        Group(name, n, float(means.value[k, 0]), float(low[k, 0]), float(high[k, 0]))
        if n >= TOO_FEW
        else Group(name, n)
        for k, n in enumerate(counts)
    ]


def _row(model: str, role: str, found: Sequence[Group], members: Mapping[str, Array], facts: MetricFacts) -> Row:
    """Find the worst group, the gap and its chance where two groups have enough images."""
    from scipy import stats

    groups = tuple(found)
    means = {g.name: g.mean for g in groups if g.n >= TOO_FEW}
    if len(means) < 2:
        return Row(model, role, groups)
    sign = -1 if facts.higher_is_better else 1
    badness = {name: abs(m) if facts.signed else sign * m for name, m in means.items()}
    gap = max(means.values()) - min(means.values())
    scores = [members[name] for name in means]
    differ = len(np.unique(np.concatenate(scores))) > 1  # or the test is not defined
    p = float(stats.kruskal(*scores).pvalue) if differ else 1.0
    return Row(model, role, groups, max(badness, key=lambda name: badness[name]), gap, p)


def _natural(name: str) -> tuple[bool, float, str]:
    """Return a key to sort by: numbers in their order, before words."""
    start = name.partition(CROSS)[0].partition("–")[0]
    try:
        return False, float(start), name
    except ValueError:
        return True, 0.0, name
