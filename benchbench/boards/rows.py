"""The numbers of a board: mean scores per model, and the scores of each test image behind them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..contracts.model import COMPETES, IDEAL, OPEN
from ..results import store
from ..results.record import MetricFacts, SetScore
from ..results.scores import FACE, REGION, WHOLE
from ..results.store import Result
from .estimates import Array

REGIONS = {WHOLE: "whole image", REGION: "inside the degraded region", FACE: "inside the face"}

# the columns of `Board.rows` that are no fact of a model and no mean score
RANK, EQUIVALENT = "rank", "equivalent"
GAIN, RECOVERED, TRAININGS_STD = "gain", "recovered", "trainings.std"
RISE, GAP = "rise", "gap"  # of the ranking score in the last doubling of compute; to the leader, along it
ASIDE = (IDEAL, OPEN)  # roles of what no model is held against
LOW, HIGH = ".low", ".high"  # behind the column that they belong to


def tracks(role: pd.Series) -> list[NDArray[np.intp]]:
    """Split rows, by their places, into those that are ranked together: what was trained elsewhere comes apart."""
    is_open = (role == OPEN).to_numpy()
    return [places for side in (~is_open, is_open) if len(places := np.flatnonzero(side))]


def metrics_of(scored: Iterable[Result]) -> dict[str, MetricFacts]:
    """Metric -> facts of the version that most results used, or of the newest where several are equally common.

    So one result from elsewhere, whose metric was altered, changes no board. A metric that scores only some models is
    available, whichever was done first.
    """
    found: dict[str, dict[str, list[MetricFacts]]] = {}
    for result in store.oldest_first(scored):
        for name, facts in result.record.metrics.items():
            versions = found.setdefault(name, {})
            versions[facts.digest] = [*versions.pop(facts.digest, []), facts]  # the newest version last
    most = {name: max(reversed(list(versions.values())), key=len) for name, versions in found.items()}
    known = {name: min(reversed(facts), key=lambda f: f.unavailable or "") for name, facts in most.items()}
    return dict(sorted(known.items(), key=lambda item: item[1].precedence(item[0])))


def rows_of(scored: Sequence[Result], metrics: Mapping[str, MetricFacts]) -> pd.DataFrame:
    """Make one row per model, ordered by name: what it is, and its mean scores. See `Board.rows`."""
    trainings = pd.DataFrame([_row(r, metrics) for r in scored])
    if trainings.empty:
        return trainings
    if trainings["macs"].isna().all():  # of results from before they were counted
        trainings = trainings.drop(columns="macs")
    rows = _average_seeds(trainings)
    if first := ranking_metric(metrics, rows):
        rows[TRAININGS_STD] = rows["model"].map(trainings.groupby("model")[first].agg(steady_deviation))
    return rows


def ranking_metric(metrics: Mapping[str, MetricFacts], rows: pd.DataFrame) -> str | None:
    """Choose the metric that gives the order: the first of images, unsigned, of half of the rows, or else of any."""
    usable = [m for m, facts in metrics.items() if not (facts.signed or facts.of_set)]
    known = [m for m in usable if m in rows and rows[m].notna().any()]
    return next((m for m in known if rows[m].notna().mean() >= 0.5), next(iter(known), None))


def measured(rows: pd.DataFrame, metrics: Iterable[str], region: str = "") -> list[str]:
    """List the metrics that at least one row has a score by, of the whole image or of a region."""
    return [m for m in metrics if m + region in rows and rows[m + region].notna().any()]


def may_lead(rows: pd.DataFrame) -> pd.Series:
    """True for each competing model that may be the best of them; where there are no ranks, for the first alone."""
    competing = rows["role"] == COMPETES
    if RANK not in rows:
        return competing & (competing.cumsum() == 1)
    best = rows[RANK + LOW]
    return competing & (best <= best[competing].iloc[:1].min())  # the first leads; models that still rise may pass it


def _columns(result: Result, metrics: Mapping[str, MetricFacts]) -> list[str]:
    """List the columns of a result's scores, without those by another version of a metric, which cannot be compared."""
    record = result.record
    current = [name for name, facts in record.metrics.items() if facts.digest == metrics[name].digest]
    return [c for name in current for suffix in REGIONS if (c := name + suffix) in record.scores]


def set_scores_of(result: Result, metrics: Mapping[str, MetricFacts]) -> dict[str, SetScore]:
    """Return a result's scores of the whole set, without those by another version of a metric."""
    record = result.record
    return {n: s for n, s in record.set_scores.items() if record.metrics[n].digest == metrics[n].digest}


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
        "macs": math.nan if model.macs is None else model.macs,
        "flops": training.flops or 0.0,
        "epochs": training.epochs or 0.0,
        "bytes": rate.bytes if rate else math.nan,
        "payload": math.nan if payload is None else payload,
        "seed": record.trial.seed,
        **({"tuning_flops": training.tuning.flops} if training.tuning else {}),
        **{column: record.scores[column].mean for column in _columns(result, metrics)},
    } | {name: score.value for name, score in set_scores_of(result, metrics).items()}


def _average_seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """Make one row per model: numbers averaged over its training seeds, with their count."""
    seeds = rows.groupby("model", sort=True)["seed"].agg(lambda s: ", ".join(str(int(x)) for x in sorted(s.dropna())))
    models = rows.groupby("model", sort=True)
    found: dict[str, Any] = {"model": list(models.indices)}
    for name in (name for name in rows if name not in ("model", "seed")):
        if pd.api.types.is_numeric_dtype(rows[name]):
            values = rows[name].to_numpy(float)
            found[name] = [steady_mean(values[places]) for places in models.indices.values()]
        else:
            found[name] = models[name].first().to_numpy()
    return pd.DataFrame(found | {"seeds": seeds.to_numpy(), "trainings": models.size().to_numpy()})


def steady_mean(values: Iterable[float]) -> float:
    """Average what is not NaN. The result depends neither on the order nor, as pandas' own, on a library's version.

    >>> steady_mean([1e16, 1.0, -1e16, math.nan])
    0.3333333333333333
    """
    known = [value for value in values if not math.isnan(value)]
    return statistics.fmean(known) if known else math.nan


def steady_deviation(values: Iterable[float]) -> float:
    """Give the standard deviation of what is not NaN, as `steady_mean` does; NaN of fewer than two."""
    known = [value for value in values if not math.isnan(value)]
    return statistics.stdev(known) if len(known) > 1 else math.nan


@dataclass(frozen=True)
class TrainingScores:
    """The scores of each test image after each training."""

    values: Array
    """`(trainings, images, columns)`; NaN is missing."""
    columns: list[str]
    model: NDArray[np.intp]
    """`(trainings,)`: the row of each one's model."""
    trained: NDArray[np.bool_]
    """`(rows,)`: False for models that need no training, of which there is one "training"."""
    persons: NDArray[np.intp]
    """`(images,)`: equal for images of one person."""
    ids: pd.Index
    """`(images,)`."""


def training_scores(scored: Sequence[Result], metrics: Mapping[str, MetricFacts], rows: pd.DataFrame) -> TrainingScores:
    """Read the scores behind the rows."""
    of_images = [name for name, facts in metrics.items() if not facts.of_set]
    columns = [c for name in of_images for suffix in REGIONS if (c := name + suffix) in rows]
    ids = scored[0].scores.index
    for result in scored[1:]:
        ids = ids if ids.equals(result.scores.index) else ids.union(result.scores.index, sort=False)
    tables, row = [], {model: position for position, model in enumerate(rows["model"])}
    trained = np.zeros(len(rows), bool)
    for result in scored:
        known = [c for c in _columns(result, metrics) if c in result.scores]
        tables.append(result.scores[known].reindex(index=ids, columns=columns).to_numpy(float))
        trained[row[result.record.trial.model]] |= result.record.trial.seed is not None
    model = np.array([row[result.record.trial.model] for result in scored], np.intp)
    return TrainingScores(np.stack(tables), columns, model, trained, persons_in(scored, ids), ids)


def persons_in(scored: Iterable[Result], ids: pd.Index) -> NDArray[np.intp]:
    """Number the persons in test images, equal for images of one person; an image has its own where none is known."""
    known = next(((r.scores.index, d.persons) for r in scored if (d := r.record.data) and d.persons), None)
    if known is None:
        return np.arange(len(ids))
    numbers = dict(zip(*known, strict=False))
    return np.array([numbers.get(name, len(numbers) + position) for position, name in enumerate(ids)])
