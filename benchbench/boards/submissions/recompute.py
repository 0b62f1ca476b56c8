"""Scores computed anew from the restored images of a result: the only proof that its model did what it says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...contracts.digests import component_digest
from ...contracts.metric import Metric
from ...contracts.model import Task
from ...data.prepared import PreparedDataset
from ...errors import SpecError, one_line
from ...files import cache_folder, load_tensors
from ...registry.registry import registry
from ...results import store
from ...results.record import MetricFacts
from ...results.store import Result
from .archive import Refused

if TYPE_CHECKING:
    import pandas as pd

OF_SPREAD = 1e-3
"""How far a recomputed score may be from the stored one, as a part of the spread between images: another processor's
or library's rounding, no more."""


def recompute(result: Result, table: pd.DataFrame, data: PreparedDataset | str) -> str:
    """Score the restored images anew. Raises Refused if the scores differ; returns what was, or why nothing was."""
    if store.PREDICTIONS not in result.record.files:
        return "not recomputed: it holds no restored images"
    if isinstance(data, str):
        return f"not recomputed: {data}"
    trial = result.record.trial
    try:
        degradation = registry().resolve("degradation", trial.degradation)
    except SpecError as error:
        return f"not recomputed: {error}"
    if component_digest(degradation) != trial.degradation_digest:
        return f"not recomputed: {degradation} has another source here"
    metrics = _same_metrics(result.record.metrics)
    again = _score(result.folder, data, degradation, metrics)
    compared = [str(name) for name in again if name in table]
    if not compared:
        return "not recomputed: none of its metrics is here in the same version"
    for name in compared:
        _compare(name, table[name], again[name].reindex(table.index))
    left = sorted({n for n in table.columns if n not in compared})
    return f"recomputed: {', '.join(compared)}" + (f"; not {', '.join(left)}" if left else "")


def _same_metrics(known: Mapping[str, MetricFacts]) -> list[Metric]:
    """The metrics of a result that are installed here in the same version."""
    found = []
    for name, facts in known.items():
        try:
            metric = registry().resolve("metric", name)
        except SpecError:
            continue
        if facts.unavailable is None and component_digest(metric) == facts.digest:
            found.append(metric)
    return found


def _score(folder: Path, data: PreparedDataset, degradation: Any, metrics: list[Metric]) -> pd.DataFrame:
    import torch
    from safetensors import SafetensorError

    from ...data.degraded import degraded_set
    from ...evaluation.restore import Restored
    from ...evaluation.score import score

    pairs = degraded_set(data, "test", degradation, cache_folder())
    try:
        restored = load_tensors(folder / store.PREDICTIONS)[store.RESTORED]
    except (OSError, SafetensorError, KeyError) as error:
        raise Refused(f"{store.PREDICTIONS} cannot be read: {one_line(error, 120)}") from error
    if restored.dtype != torch.float32 or restored.shape != pairs.clean.shape:
        shape = tuple(pairs.clean.shape)
        raise Refused(f"{store.PREDICTIONS} has {restored.dtype} {tuple(restored.shape)}, not float32 {shape}")
    if not bool(((restored >= 0) & (restored <= 1)).all()):
        raise Refused(f"{store.PREDICTIONS} has values outside [0, 1]")
    return score(Restored(restored), pairs, metrics, Task(data.size, degradation), torch.device("cpu")).table


def _compare(name: str, stored: pd.Series, again: pd.Series) -> None:
    import numpy as np

    a, b = stored.to_numpy(float), again.to_numpy(float)
    finite = np.isfinite(a) & np.isfinite(b)
    spread = float(np.std(a[finite])) if finite.any() else 0.0
    tolerance = OF_SPREAD * spread + 1e-6 * np.abs(np.where(finite, b, 0))
    with np.errstate(invalid="ignore"):
        alike = np.where(finite, np.abs(a - b) <= tolerance, (a == b) | (np.isnan(a) & np.isnan(b)))
    if not alike.all():
        i = int(np.flatnonzero(~alike)[0])
        raise Refused(f"{name} of {stored.index[i]} is {a[i]:.6g} in its table, {b[i]:.6g} by its restored image")
