"""Scores of whole sets of images on a board: their intervals, over images and trainings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..results.record import MetricFacts
from ..results.store import Result
from .estimates import estimate_sets
from .rows import HIGH, LOW, measured, set_scores_of


def set_metrics(rows: pd.DataFrame, metrics: Mapping[str, MetricFacts]) -> list[str]:
    """List the metrics of sets that at least one row has a score by."""
    return measured(rows, [name for name, facts in metrics.items() if facts.of_set])


def with_set_intervals(
    rows: pd.DataFrame, scored: Sequence[Result], metrics: Mapping[str, MetricFacts]
) -> pd.DataFrame:
    """Add the bounds of 95 % intervals of the scores of whole sets; rows as `rows_of` gives them."""
    names = set_metrics(rows, metrics)
    if not names:
        return rows
    row_of = {model: n for n, model in enumerate(rows["model"])}
    model = np.array([row_of[r.record.trial.model] for r in scored], np.intp)
    trained = np.zeros(len(rows), bool)
    trained[model] = [r.record.trial.seed is not None for r in scored]
    parts = np.full((3, len(scored), len(names)), np.nan)
    for position, result in enumerate(scored):
        for name, score in set_scores_of(result, metrics).items():
            persons = result.record.data.persons if result.record.data else []
            parts[:, position, names.index(name)] = score.value, score.error, len(set(persons)) or score.n
    values, errors, clusters = parts
    low, high = estimate_sets(values, errors, clusters, model, trained).interval()
    bounds = {n + end: b[:, i] for i, n in enumerate(names) for end, b in ((LOW, low), (HIGH, high))}
    return pd.concat([rows, pd.DataFrame(bounds, rows.index)], axis=1)
