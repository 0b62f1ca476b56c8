"""One trial: a data set, a degradation, a model and a seed. What it is called, where it lies, what its key is."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from . import __version__, protocol, specs, store
from .budget import Budget
from .files import digest
from .interfaces import NO_REGION, Component, Degradation, Metric, Model, Task
from .sources import source_digest

KEYED = ("fingerprint", "size", "degradation_digest", "model_digest", "seed", "budget", "threads")
KEYED_IF_THERE = ("compiled",)
LIBRARIES = ("torch", "torchvision", "numpy", "pillow", "scikit-image", "scipy", "piq")


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
    threads: int = 1
    """CPU threads: part of the key, because sums over several threads differ in their last bits."""
    compiled: bool = False
    """Whether training steps are compiled: part of the key where they are, because sums in another order differ."""
    watch_gradients: bool = False
    """Whether the history tells the gradient's norm in each stage; no part of the key, because it changes no number."""
    predictions: bool = False
    """Whether the restored test images are kept, so that others can score them again; no part of the key either."""
    origin: Mapping[str, Any] = field(default_factory=dict)
    """Who brought the components: kind -> {plugin, distribution, version}."""

    @cached_property
    def key(self) -> str:
        """Digest of all that determines the result, the sources of the components included, and of nothing else."""
        return key_of(self._facts(), protocol.VERSION)

    def folder(self, out: Path) -> Path:
        """Where the result belongs under `out`."""
        return (
            out / store.slug(self.dataset) / store.slug(str(self.degradation)) / store.slug(str(self.model)) / self.key
        )

    def describe(self) -> dict[str, Any]:
        """The trial in plain values, as results and hooks show it."""
        return {**self._facts(), "key": self.key}

    def _facts(self) -> dict[str, Any]:
        return {
            "dataset": self.dataset,
            "fingerprint": self.fingerprint,
            "size": self.size,
            "degradation": str(self.degradation),
            "degradation_digest": component_digest(self.degradation),
            "model": str(self.model),
            "model_digest": component_digest(self.model),
            "seed": self.seed,
            "budget": self.budget.canonical if self.budget else None,
            "threads": self.threads,
            **({"compiled": True} if self.compiled else {}),
        }


def key_of(trial: Mapping[str, Any], protocol_version: int) -> str:
    """The key of a trial in plain values, so that whoever has a result can check it; labels are no part of it."""
    options = (name for name in KEYED_IF_THERE if trial.get(name))
    return digest(f"protocol {protocol_version}", *(trial[name] for name in KEYED), *options)


def full_spec(component: Component) -> str:
    """The spec with every default spelt out: a changed default is another component."""
    return "+".join(specs.format_spec(part, defaults=True) for part in component._members())


def component_digest(component: Component) -> str:
    """Digest of a component's parameters and source."""
    return digest(full_spec(component), source_digest(component))


def missing_metrics(trial: Trial, result: store.Result, metrics: Sequence[Metric]) -> list[Metric]:
    """The metrics that a stored result lacks, has from another version, or could not have then but can have now."""
    task = Task(trial.size, trial.degradation)
    return [
        m for m in metrics if not result.has(str(m), component_digest(m)) or _is_available_now(m, trial, result, task)
    ]


def still_skipped(trial: Trial, result: store.Result) -> bool:
    """Whether what kept the model from a task keeps it still; what the data lacks, it lacks for good."""
    try:
        return result.content.get("skipped_by") == "data" or bool(
            trial.model.unavailable(Task(trial.size, trial.degradation))
        )
    except (Exception, SystemExit):  # a plugin may raise anything; then the trial will tell
        return False


def _is_available_now(metric: Metric, trial: Trial, result: store.Result, task: Task) -> bool:
    if result.content["metrics"][str(metric)]["unavailable"] in (None, NO_REGION):
        return False
    try:
        return metric.inapplicable(task, trial.model.has_flow) is None
    except (Exception, SystemExit):  # a plugin may raise anything; then it is as unavailable as it was
        return False


def outcome(trial: Trial, status: str, reason: str | None = None, **facts: Any) -> dict[str, Any]:
    """A result's content."""
    return {
        "schema": store.SCHEMA,
        "key": trial.key,
        "status": status,
        "reason": reason,
        "trial": trial.describe(),
        "protocol": protocol.SETTINGS,
        "origin": dict(trial.origin),
        "environment": environment(),
        "finished_at": datetime.now(UTC).isoformat(),
        **facts,
    }


def library_version(name: str) -> str:
    """`name version` of an installed distribution, or its name alone."""
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return name


def environment() -> dict[str, Any]:
    """Versions and hardware that a result was made with; nothing that names a person or a machine."""
    found = dict(text.split(" ") for name in LIBRARIES if " " in (text := library_version(name)))
    return {
        "benchbench": __version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "libraries": found,
    }
