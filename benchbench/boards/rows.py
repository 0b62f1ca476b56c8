"""The numbers of a board: mean scores per model, and the scores of each test image behind them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..results import store
from ..results.record import MetricFacts
from ..results.store import Result
from .statistics import Array

REGIONS = {"": "whole image", "@region": "inside the degraded region", "@face": "inside the face"}

# the columns of `Board.rows` that are no fact of a model and no mean score
RANK, GAIN, RECOVERED, TRAININGS_STD = "rank", "gain", "recovered", "trainings.std"
COMPETES, BASELINE, IDEAL = "", "baseline", "ideal"  # roles: a model, the degraded input, the inverse that is told all
LOW, HIGH, MEDIAN = ".low", ".high", ".median"  # behind the column that they belong to


def metrics_of(scored: Iterable[Result]) -> dict[str, MetricFacts]:
    """Metric -> facts of the version that most results used, or of the newest where several are equally common.

    So one result from elsewhere, whose metric was altered, changes no board.
    """
    found: dict[str, dict[str, list[MetricFacts]]] = {}
    for result in store.oldest_first(scored):
        for name, facts in result.record.metrics.items():
            versions = found.setdefault(name, {})
            versions[facts.digest] = [*versions.pop(facts.digest, []), facts]  # the newest version last
    most = {name: max(reversed(list(versions.values())), key=len) for name, versions in found.items()}
    known = {name: facts[-1] for name, facts in most.items()}
    return dict(sorted(known.items(), key=lambda item: item[1].precedence(item[0])))


def rows_of(scored: Sequence[Result], metrics: Mapping[str, MetricFacts]) -> pd.DataFrame:
    """Make one row per model, ordered by name: what it is, and its mean scores. See `Board.rows`."""
    trainings = pd.DataFrame([_row(r, metrics) for r in scored])
    if trainings.empty:
        return trainings
    rows = _average_seeds(trainings)
    if first := ranking_metric(metrics, rows):
        rows[TRAININGS_STD] = rows["model"].map(trainings.groupby("model")[first].std())
    return rows


def ranking_metric(metrics: Mapping[str, MetricFacts], rows: pd.DataFrame) -> str | None:
    """Choose the metric that gives the order: the first unsigned one of half of the rows, or else of any."""
    known = [m for m, facts in metrics.items() if not facts.signed and m in rows and rows[m].notna().any()]
    return next((m for m in known if rows[m].notna().mean() >= 0.5), next(iter(known), None))


def measured(rows: pd.DataFrame, metrics: Iterable[str], region: str = "") -> list[str]:
    """List the metrics that at least one row has a score by, of the whole image or of a region."""
    return [m for m in metrics if m + region in rows and rows[m + region].notna().any()]


def _columns(result: Result, metrics: Mapping[str, MetricFacts]) -> list[str]:
    """List the columns of a result's scores, without those by another version of a metric, which cannot be compared."""
    record = result.record
    current = [name for name, facts in record.metrics.items() if facts.digest == metrics[name].digest]
    return [c for name in current for suffix in REGIONS if (c := name + suffix) in record.scores]


def _row(result: Result, metrics: Mapping[str, MetricFacts]) -> dict[str, Any]:
    record = result.record
    model, training, rate = record.model, record.training, record.rate
    payload = rate and rate.payload_bytes
    return {
        "model": record.trial.model,
        "role": model.role,
        "sees": ", ".join(model.sees),
        "plugin": ", ".join(dict.fromkeys(f"{o.distribution} {o.version}" for o in record.origin.get("model", []))),
        "parameters": model.parameters,
        "flops": training.flops or 0.0,
        "epochs": training.epochs or 0.0,
        "bytes": rate.bytes if rate else math.nan,
        "payload": math.nan if payload is None else payload,
        "seed": record.trial.seed,
    } | {column: record.scores[column].mean for column in _columns(result, metrics)}


def _average_seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """Make one row per model: numbers averaged over its training seeds, with their count."""
    seeds = rows.groupby("model", sort=True)["seed"].agg(lambda s: ", ".join(str(int(x)) for x in sorted(s.dropna())))
    numbers = rows.drop(columns="seed").groupby("model", sort=True)
    kinds = {
        c: "mean" if pd.api.types.is_numeric_dtype(rows[c]) else "first" for c in rows if c not in ("model", "seed")
    }
    return numbers.agg(kinds).assign(seeds=seeds, trainings=rows.groupby("model").size()).reset_index()


def image_scores(scored: Sequence[Result], metrics: Mapping[str, MetricFacts], rows: pd.DataFrame) -> dict[str, Array]:
    """Read the scores behind the rows: column -> `(models, images)`, averaged over trainings; NaN is missing."""
    columns = [c for name in metrics for suffix in REGIONS if (c := name + suffix) in rows]
    ids = scored[0].scores.index
    for result in scored[1:]:
        ids = ids if ids.equals(result.scores.index) else ids.union(result.scores.index, sort=False)
    tables: dict[str, list[Array]] = {model: [] for model in rows["model"]}
    for result in scored:
        known = [c for c in _columns(result, metrics) if c in result.scores]
        table = result.scores[known].reindex(index=ids, columns=columns)
        tables[result.record.trial.model].append(table.to_numpy(float))
    values = np.stack([_mean(np.stack(found)) for found in tables.values()])
    return {column: values[:, :, position] for position, column in enumerate(columns)}


def _mean(values: Array) -> Array:
    """Average over the first axis; NaN is left out."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0.0).sum(0) / known.sum(0)
