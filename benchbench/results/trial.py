"""One trial: a data set, a degradation, a model and a seed. What it is called, where it lies, what its key is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from .. import protocol
from ..contracts.budget import Budget, epoch_steps
from ..contracts.degradation import Degradation
from ..contracts.digests import component_digest
from ..contracts.metric import NO_REGION, Metric
from ..contracts.model import Model, Task
from ..contracts.set_metric import SetMetric
from ..contracts.specs import format_spec
from ..files import digest
from . import store
from .environment import environment
from .layout import folder_of
from .record import Origin, ProtocolFacts, Record, Status, TrialFacts

KEYED = ("fingerprint", "size", "degradation_digest", "model_digest", "seed", "threads")


@dataclass(frozen=True)
class Trial:
    """All that determines a result. Models that need no training have neither seed nor budget."""

    data: Path
    """The prepared data set's folder in the cache."""
    dataset: str
    """Its label."""
    fingerprint: str
    size: int
    degradation: Degradation
    model: Model
    seed: int | None
    budget: Budget | None
    """Of the key it is only whether it is the recipe: a training goes on with a larger one."""
    threads: int = 1
    """CPU threads: part of the key, because sums over several threads differ in their last bits."""
    compiled: bool = False
    """Whether training steps are compiled: part of the key where they are, because sums in another order differ."""
    tuned: bool = False
    """Whether the recipe's learning rates are tried at several factors first; part of the key where they are."""
    watch_gradients: bool = False
    """Whether the history tells the gradient's norm in each stage; no part of the key, because it changes no number."""
    metrics: tuple[Metric, ...] = ()
    """What the result is scored by; no part of the key, because scores can be added."""
    predictions: bool = False
    """Whether the restored test images are kept, so that others can score them again; no part of the key either."""
    origin: Mapping[str, Any] = field(default_factory=dict)
    """Who brought the components: kind -> {plugin, distribution, version}."""

    @cached_property
    def key(self) -> str:
        """Digest of all that determines the result, the sources of the components included, and of nothing else."""
        return key_of(self._facts, protocol.VERSION)

    def folder(self, out: Path) -> Path:
        """Where the result belongs under `out`."""
        return folder_of(out, (self.dataset, str(self.degradation), str(self.model)), self.key)

    @property
    def training(self) -> Literal["any-time", "recipe"] | None:
        """The way of training; None for a model that needs none."""
        if self.budget is None:
            return None
        return "recipe" if self.budget.kind == "recipe" else "any-time"

    @property
    def facts(self) -> TrialFacts:
        """The trial as its result describes it."""
        return replace(self._facts, key=self.key)

    def describe(self) -> dict[str, Any]:
        """The trial in plain values, as results and hooks show it."""
        described: dict[str, Any] = msgspec.to_builtins(self.facts)
        return described

    @property
    def _facts(self) -> TrialFacts:
        return TrialFacts(
            dataset=self.dataset,
            fingerprint=self.fingerprint,
            size=self.size,
            degradation=str(self.degradation),
            degradation_digest=component_digest(self.degradation),
            model=str(self.model),
            model_digest=component_digest(self.model),
            seed=self.seed,
            training=self.training,
            threads=self.threads,
            compiled=self.compiled,
            tuned=self.tuned,
            degrades=self.degradation.degrades,
            codec=format_spec(self.model, without=self.model.rates) if self.model.compresses else "",
        )


def key_of(trial: TrialFacts, protocol_version: int) -> str:
    """The key of a trial, so that whoever has a result can check it; labels are no part of it."""
    options = {"compiled": trial.compiled, "recipe": trial.training == "recipe", "tuned": trial.tuned}
    named = (name for name, there in options.items() if there)
    return digest(f"protocol {protocol_version}", *(getattr(trial, name) for name in KEYED), *named)


def record_of(trial: Trial, status: Status, reason: str | None = None) -> Record:
    """The record of a trial that ends now: where it was scored, without what it was scored for."""
    return Record(
        key=trial.key,
        status=status,
        reason=reason,
        trial=trial.facts,
        protocol=msgspec.convert(protocol.SETTINGS, ProtocolFacts),
        origin=msgspec.convert(trial.origin, dict[str, list[Origin]]),
        environment=environment(),
        finished_at=datetime.now(UTC).isoformat(),
    )


def is_trained_enough(trial: Trial, record: Record) -> bool:
    """Whether a scored result was trained as far as the trial's budget goes, or further."""
    budget, training = trial.budget, record.training
    if budget is None or budget.kind == "recipe":
        return True
    if budget.kind == "seconds":
        return bool(record.rungs) and record.rungs[-1].seconds >= round(budget.amount, 3)
    if training.steps is None or not training.batch or record.data is None:
        return False
    steps = budget.steps(
        training.batch, epoch_steps(record.data.train, training.batch), training.flops_per_image or 0.0, 1
    )
    return steps is not None and training.steps >= steps


def has_failed(trial: Trial, record: Record) -> bool:
    """Whether the trial failed: as a whole, or where it was to be trained further than the scores that it keeps."""
    stopped_short = record.status == "scored" and record.reason is not None and not is_trained_enough(trial, record)
    return record.status == "failed" or stopped_short


def missing_metrics(trial: Trial, result: store.Result) -> list[Metric]:
    """Return the trial's metrics that a result lacks, has from another version, or could not have then but can now."""
    task = Task(trial.size, trial.degradation)
    return [
        m
        for m in trial.metrics
        if not result.has(str(m), component_digest(m)) or _is_available_now(m, trial, result, task)
    ]


def still_skipped(trial: Trial, result: store.Result) -> bool:
    """Whether what kept the model from a task keeps it still; what the data lacks, it lacks for good."""
    try:
        if result.record.skipped_by == "data" or trial.model.misplaced(trial.degradation):
            return True
        return bool(trial.model.unavailable(Task(trial.size, trial.degradation)))
    except KeyboardInterrupt:
        raise
    except BaseException:  # a plugin may raise anything; then the trial will tell
        return False


def _is_available_now(metric: Metric, trial: Trial, result: store.Result, task: Task) -> bool:
    reason = result.record.metrics[str(metric)].unavailable
    if reason in (None, NO_REGION) or (isinstance(metric, SetMetric) and reason.startswith(metric.wants)):
        return False
    try:
        return metric.inapplicable(task, trial.model.has_flow) is None
    except KeyboardInterrupt:
        raise
    except BaseException:  # a plugin may raise anything; then it is as unavailable as it was
        return False
