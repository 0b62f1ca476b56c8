"""The plan: the grid of trials that a command asks for, and which of them are done already."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..contracts.budget import Budget
from ..contracts.component import Component
from ..contracts.degradation import Degradation
from ..contracts.metric import Metric
from ..contracts.model import Model
from ..contracts.parameters import parameters_of
from ..errors import SpecError
from ..registry.registry import Registry
from ..results import store
from ..results.trial import Trial, missing_metrics, still_skipped


@dataclass(frozen=True)
class Prepared:
    """What the plan needs to know of a prepared data set."""

    folder: Path
    label: str
    fingerprint: str
    size: int


def choose(registry: Registry, kind: str, texts: Sequence[str]) -> list[Any]:
    """The components that the specs name, in their order and without repeats; `all` stands for every one of the kind.

    Without any spec, those that declare themselves the default. Raises SpecError. Components with a parameter that
    lacks a default are not part of `all`.
    """
    found: dict[str, Component] = {}
    texts = texts or [name for name, component in registry.of(kind).items() if component.default]
    for text in texts:
        if text != "all":
            component = registry.resolve(kind, text)
            found.setdefault(str(component), component)
            continue
        for name, component_class in registry.of(kind).items():
            if all(p.default is not dataclasses.MISSING for p in parameters_of(component_class).values()):
                found.setdefault(name, component_class())
    if not found:
        raise SpecError(f"no {kind} was chosen; `benchbench list` shows them")
    return list(found.values())


def origin_of(registry: Registry, components: Sequence[Component]) -> list[dict[str, str]]:
    """The plugins that brought these components (or the parts of a chain)."""
    plugins = {p.name: p for c in components for part in c._members() if (p := registry.origin[type(part)])}
    return [{"plugin": p.name, "distribution": p.distribution, "version": p.version} for p in plugins.values()]


def trials(
    registry: Registry,
    data: Sequence[Prepared],
    degradations: Sequence[Degradation],
    models: Sequence[Model],
    budget: Budget,
    seeds: Sequence[int],
    threads: int = 1,
    also: Mapping[str, Any] = MappingProxyType({}),
) -> list[Trial]:
    """The grid, board by board, untrained models first: they are quick and show the frame of the board.

    `also` tells, in the trials' origin, who brought the data sets and metrics.
    """
    ordered = sorted(models, key=lambda m: m.recipe is not None)
    return [
        trial
        for prepared in data
        for degradation in degradations
        for model in ordered
        for trial in _of_cell(registry, prepared, degradation, model, budget, seeds, threads, also)
    ]


def _of_cell(
    registry: Registry,
    data: Prepared,
    degradation: Degradation,
    model: Model,
    budget: Budget,
    seeds: Sequence[int],
    threads: int,
    also: Mapping[str, Any],
) -> Iterator[Trial]:
    """The trials of one model on one degradation: one a seed, or a single one if it needs no training."""
    trained = model.recipe is not None
    for seed in dict.fromkeys(seeds) if trained else [None]:
        yield Trial(
            data=data.folder,
            dataset=data.label,
            fingerprint=data.fingerprint,
            size=data.size,
            degradation=degradation,
            model=model,
            seed=seed,
            budget=budget if trained else None,
            threads=threads,
            origin={"degradation": origin_of(registry, [degradation]), "model": origin_of(registry, [model]), **also},
        )


def is_done(trial: Trial, out: Path, metrics: Sequence[Metric]) -> bool:
    """Whether a whole result with all these metrics is stored, or the reason for skipping it still holds.

    Failed trials are tried again.
    """
    try:
        result = store.read(trial.folder(out))
    except store.DamagedResult:
        return False
    if result.status == "skipped":
        return still_skipped(trial, result)
    complete = not missing_metrics(trial, result, metrics) if result.status == "scored" else False
    return complete and result.keeps(trial.predictions)
