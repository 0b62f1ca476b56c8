"""Measure a trained module: its scores, pictures and timings; add scores to a result that lacks some."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pandas as pd
from msgspec.structs import replace

from ..contracts.digests import component_digest, full_spec
from ..contracts.metric import Metric
from ..contracts.set_metric import SetMetric
from ..files import save_tensors
from ..results import scores as scores_file
from ..results import store
from ..results.environment import library_version
from ..results.record import MetricFacts, ModelFacts, Rate, Record, Score, TaskFacts, Timing
from ..results.store import Result
from ..results.trial import Trial, record_of
from .workspace import take_over, take_over_checkpoint

if TYPE_CHECKING:
    import torch
    from torch import nn

    from ..data.degraded import DegradedSet
    from ..evaluation.restore import Restored
    from ..evaluation.rungs import RungScorer
    from ..evaluation.score import Scores

SAMPLE_COUNT = 8
WORST_COUNT = 4


def measure(scorer: RungScorer, rungs: Sequence[Mapping[str, Any]]) -> Record:
    """Return the record of what was scored last, and at the rungs of its training, if any.

    The files of its result go into the work folder.
    """
    from ..evaluation.histograms import write_histograms
    from ..evaluation.pictures import write_samples
    from ..evaluation.rungs import rung_facts
    from ..evaluation.score import means
    from ..evaluation.timing import count_macs

    if scorer.last is None:
        raise TypeError("nothing was scored yet")
    trial, task, test, work = scorer.trial, scorer.task, scorer.test, scorer.work
    module, restored, scores = scorer.last
    tables = {rung["flops"]: scorer.table(rung["scored"]) for rung in rungs} or {scores_file.NO_RUNG: scores.table}
    sets = {rung["flops"]: scorer.sets(rung["scored"]) for rung in rungs}
    scores_file.write(work / store.SCORES, tables)
    rate = restored.rate()
    record = replace(
        record_of(trial, "scored"),
        model=ModelFacts(
            parameters=trial.model.count_parameters(module),
            role=trial.model.role,
            sees=list(trial.model.sees),
            trained=trial.model.recipe is not None,
            notes=list(trial.model.notes(task)),
            macs=count_macs(trial.model, module, test, scorer.data.device),
        ),
        task=TaskFacts(mean=list(task.mean), std=list(task.std)),
        rate=Rate(**rate) if rate else None,
        metrics=_metric_facts(trial.metrics, scores.unavailable),
        scores=msgspec.convert(means(scores.table), dict[str, Score]),
        set_scores=dict(scores.sets),
        rungs=rung_facts(rungs, tables, sets),
        timing=_timing(trial, module, test, scorer.data.device),
    )
    keep_predictions(trial, restored, work)
    write_samples(work / store.SAMPLES, test, restored.images, range(min(SAMPLE_COUNT, len(test))))
    write_histograms(work / store.HISTOGRAMS, test, restored.images)
    worst = _worst(scores.table, record)
    if worst:
        write_samples(work / store.WORST, test, restored.images, worst)
    return replace(record, worst=[test.ids[position] for position in worst])


def keep_predictions(trial: Trial, restored: Restored, work: Path) -> None:
    """Store the restored images where that is wanted."""
    if trial.predictions:
        save_tensors(work / store.PREDICTIONS, {store.RESTORED: restored.images})


def _worst(scores: pd.DataFrame, record: Record) -> list[int]:
    """Return the positions of the images that the model did worst on, worst first, by the metric that ranks boards."""
    if (first := record.first_metric) is None:
        return []
    values = scores[first].reset_index(drop=True)
    better = record.metrics[first].higher_is_better
    return [int(i) for i in values.sort_values(ascending=better, kind="stable").index[:WORST_COUNT]]


def with_scores(stored: Result, metrics: Sequence[Metric], scores: Scores, work: Path) -> Record:
    """Return the stored record with what became of these metrics at its last rung.

    The files of its result go into the work folder.
    """
    from ..evaluation.score import means

    tables = dict(stored.tables)
    last = max(tables)
    known = tables[last]
    kept = known.drop(columns=[c for m in metrics for c in known if c == str(m) or c.startswith(f"{m}@")])
    tables[last] = pd.concat([kept, scores.table], axis=1)
    scores_file.write(work / store.SCORES, tables)
    take_over(stored, work)
    take_over_checkpoint(stored.folder, work)
    found = {
        "scores": msgspec.convert(means(tables[last]), dict[str, Score]),
        "set_scores": {n: s for n, s in stored.record.set_scores.items() if n not in map(str, metrics)}
        | dict(scores.sets),
    }
    rungs = stored.record.rungs
    return replace(
        stored.record,
        **found,
        metrics=stored.record.metrics | _metric_facts(metrics, scores.unavailable),
        rungs=[*rungs[:-1], *(replace(rung, **found) for rung in rungs[-1:])],
        finished_at=datetime.now(UTC).isoformat(),
    )


def _metric_facts(metrics: Sequence[Metric], unavailable: Mapping[str, str]) -> dict[str, MetricFacts]:
    return {
        str(metric): MetricFacts(
            settings=full_spec(metric),
            higher_is_better=metric.higher_is_better,
            signed=metric.signed,
            unit=metric.unit,
            digits=metric.digits,
            order=metric.order,
            ranks=metric.ranks,
            relevant=metric.relevant,
            of_set=isinstance(metric, SetMetric),
            library=library_version(metric.library) if metric.library else "",
            digest=component_digest(metric),
            unavailable=unavailable.get(str(metric)),
        )
        for metric in metrics
    }


def _timing(trial: Trial, module: nn.Module, test: DegradedSet, device: torch.device) -> Timing:
    import torch

    from ..devices import has_bf16
    from ..evaluation.timing import time_and_memory

    name = platform.machine() + (" GPU" if device.type == "mps" else " CPU")
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    milliseconds, peak = time_and_memory(trial.model, module, test, device)
    return Timing(
        ms_per_image=milliseconds,
        peak_bytes=peak,
        device=device.type,
        device_name=name,
        threads=torch.get_num_threads(),
        training_precision="bf16 autocast" if has_bf16(device) else "float32",
    )
