"""Compute the scores of a result again from its restored images: the only proof that its model did what it says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ...contracts.digests import component_digest
from ...contracts.model import Task
from ...errors import BenchbenchError, DataError, SpecError, one_line
from ...files import cache_folder, load_tensors
from ...registry.registry import registry
from ...results import store
from ...results.record import SetScore
from ...results.store import Result
from .archive import Refused
from .datasets import portraits

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

    from ...evaluation.score import Scores

UNCHECKED = "not recomputed"
OF_SPREAD = 1e-3
"""How far a recomputed score may be from the stored one, as a part of the standard deviation between images. It allows
for the rounding of another processor or library, no more."""


def recompute(result: Result, table: pd.DataFrame) -> str:
    """Compare scores with those of the restored images; tells which, or why none. Raises Refused if any differ."""
    try:
        again = _score(result)
    except BenchbenchError as error:
        return f"{UNCHECKED}: {error}"
    compared = [str(name) for name in again.table if name in table]
    sets = [name for name in again.sets if name in result.record.set_scores]
    if not compared and not sets:
        return f"{UNCHECKED}: none of its metrics is here in the same version"
    for name in compared:
        _compare(name, table[name], again.table[name].reindex(table.index))
    for name in sets:
        _compare_sets(name, result.record.set_scores[name], again.sets[name])
    left = sorted({*table.columns, *result.record.set_scores} - {*compared, *sets})
    return f"recomputed: {', '.join([*compared, *sets])}" + (f"; not {', '.join(left)}" if left else "")


def installed(kind: str, spec: str) -> Any:
    """Make the component that a result names; None if it is not installed here."""
    try:
        return registry().resolve(kind, spec)
    except SpecError:
        return None


def _score(result: Result) -> Scores:
    """Score the restored images. Raises BenchbenchError if that cannot be done here, Refused for unusable images."""
    import torch

    from ...data.degraded import degraded_set
    from ...evaluation.fitting import fitted
    from ...evaluation.restore import Restored
    from ...evaluation.score import score

    trial = result.record.trial
    if store.PREDICTIONS not in result.record.files:
        raise DataError("it holds no restored images")
    data = portraits(trial.dataset, trial.size, trial.fingerprint)
    degradation = registry().resolve("degradation", trial.degradation)
    if component_digest(degradation) != trial.degradation_digest:
        raise SpecError(f"{degradation} has another source here")
    pairs = degraded_set(data, "test", degradation, cache_folder())
    restored, task = Restored(_restored(result, pairs.clean)), Task(data.size, degradation)
    known = [(installed("metric", name), facts) for name, facts in result.record.metrics.items()]
    metrics = [m for m, facts in known if m and not facts.unavailable and component_digest(m) == facts.digest]
    return score(restored, pairs, fitted(metrics, data.folder, task)[0], task, torch.device("cpu"))


def _restored(result: Result, clean: Tensor) -> Tensor:
    """Read the restored images. Raises Refused unless they are float32 in [0, 1], as many and as large as `clean`."""
    import torch
    from safetensors import SafetensorError

    try:
        restored = load_tensors(result.folder / store.PREDICTIONS)[store.RESTORED]
    except (OSError, SafetensorError, KeyError) as error:
        raise Refused(f"{store.PREDICTIONS} cannot be read: {one_line(error, 120)}") from error
    if restored.dtype != torch.float32 or restored.shape != clean.shape:
        shapes = f"{restored.dtype} {tuple(restored.shape)}, not float32 {tuple(clean.shape)}"
        raise Refused(f"{store.PREDICTIONS} has {shapes}")
    if not bool(((restored >= 0) & (restored <= 1)).all()):
        raise Refused(f"{store.PREDICTIONS} has values outside [0, 1]")
    return restored


def _compare(name: str, stored: pd.Series, again: pd.Series) -> None:
    """Raises Refused if a score differs from that of the restored image by more than rounding."""
    import numpy as np

    a, b = stored.to_numpy(float), again.to_numpy(float)
    finite = a[np.isfinite(a) & np.isfinite(b)]
    tolerance = OF_SPREAD * float(np.std(finite)) if len(finite) else 0.0
    differing = np.flatnonzero(~np.isclose(a, b, rtol=1e-6, atol=tolerance, equal_nan=True))
    if len(differing):
        i = int(differing[0])
        raise Refused(f"{name} of {stored.index[i]} is {a[i]:.6g} in its table, {b[i]:.6g} by its restored image")


def _compare_sets(name: str, stored: SetScore, again: SetScore) -> None:
    """Raises Refused if a score of the set, or its standard error, differs by more than rounding."""
    for a, b in ((stored.value, again.value), (stored.error, again.error)):
        if not math.isclose(a, b, rel_tol=1e-4, abs_tol=OF_SPREAD * again.error + 1e-9):
            raise Refused(f"{name} of all images is {a:.6g} in its summary, {b:.6g} by its restored images")
