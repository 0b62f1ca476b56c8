"""The plan: which trials a request asks for, on prepared data, and which of them are done already."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..contracts.budget import Budget
from ..contracts.component import Component
from ..contracts.dataset import Dataset
from ..contracts.degradation import Degradation
from ..contracts.model import REFERENCES, Model
from ..contracts.parameters import parameters_of
from ..data.prepared import PreparedDataset, load, load_if_whole, prepare, prepared_folder
from ..devices import check_compiler, check_device
from ..errors import BenchbenchError, DataError, SpecError, one_line
from ..files import cache_folder
from ..processes import ChildProcess
from ..registry import suites
from ..registry.registry import Registry
from ..registry.suites import Grid
from ..registry.validation import ALL, DEFAULT, GROUPS
from ..results import store
from ..results.trial import Trial, is_trained_enough, missing_metrics, still_skipped
from .listeners import Listener
from .request import RunRequest
from .workspace import check_writable


def with_suite(registry: Registry, request: RunRequest, name: str, given: Collection[str]) -> RunRequest:
    """Return the request with all that the suite says and the user has not `given` himself. Raises SpecError."""
    suite = suites.load(registry, name)
    options = {key: value for key, value in suite.options.items() if key not in given}
    grids = tuple(replace(grid, budget="") for grid in suite.grids) if "budget" in given else suite.grids
    return replace(request, grids=grids, **options)


def plan(
    registry: Registry, request: RunRequest, listener: Listener, writes_to: Sequence[Path]
) -> tuple[list[Trial], list[tuple[str, str]]]:
    """Return the request's trials, their data prepared, and (file, reason) of the images that cannot be used.

    Raises BenchbenchError for what the user can mend, before data are read; `writes_to` are folders that must be
    writable.
    """
    datasets = choose(registry, "dataset", request.dataset)
    metrics = choose(registry, "metric", request.metric)
    cells = list(_cells(registry, request))
    _check_machine(request)
    for folder in writes_to:
        check_writable(folder)
    listener.preparing([d.label for d in datasets])
    data = prepare_data(datasets, request.size, cache_folder())
    for each in (prepared for prepared in data if prepared.copies):
        listener.warn(f"{each.label}: {each.copies} images nearly repeat an earlier one (cropped, mirrored, …)")
    origin = {"dataset": origin_of(registry, datasets), "metric": origin_of(registry, metrics)}
    planned = [
        replace(trial, metrics=tuple(metrics), origin={**trial.origin, **origin})
        for own, degradations, models in cells
        for trial in trials(registry, own, data, degradations, models)
    ]
    unique = {trial.folder(request.out): trial for trial in planned}
    return list(unique.values()), [image for prepared in data for image in prepared.skipped]


def _check_machine(request: RunRequest) -> None:
    """Raise BenchbenchError if this machine lacks what the request needs here."""
    if request.executor == "local":
        check_device(request.device)
        if request.compile:
            check_compiler()
        return
    try:  # the workers of a cluster may have what is not here
        import distributed  # noqa: F401
    except ImportError as error:
        raise BenchbenchError("--executor dask needs Dask: pip install 'benchbench-portraits[dask]'") from error


def choose(registry: Registry, kind: str, texts: Sequence[str]) -> list[Any]:
    """Return the components that the specs name, in their order and without repeats.

    `all` stands for each of the kind but those with a parameter that lacks a default; `default`, as no spec at all, for
    those of them that declare themselves the default. Raises SpecError.
    """
    found: dict[str, Component] = {}
    lacks = dataclasses.MISSING
    every = [c for c in registry.of(kind).values() if all(p.default is not lacks for p in parameters_of(c).values())]
    groups = {ALL: every, DEFAULT: [c for c in every if c.default]}
    for text in texts or [DEFAULT]:
        named = [make() for make in groups[text]] if text in groups else [registry.resolve(kind, text)]
        for component in named:
            found.setdefault(str(component), component)
    if not found:
        raise SpecError(f"no {kind} was chosen; `benchbench list` shows them")
    return list(found.values())


def _cells(registry: Registry, request: RunRequest) -> Iterator[tuple[RunRequest, list[Degradation], list[Model]]]:
    """Yield the degradations and models of each grid, with the references of such boards, and its own budget."""
    for grid in request.grids or [Grid()]:
        own = replace(request, budget=grid.budget or request.budget)
        if Budget.parse(own.budget).kind == "recipe" and own.tune:
            raise SpecError("--tune is for all budgets but recipe, by which a model keeps its own learning rates")
        named = request.model or grid.model or [ALL]
        degradations = choose(registry, "degradation", request.degradation or grid.degradation)
        for degrades in (True, False):
            if some := [d for d in degradations if d.degrades == degrades]:
                every = _all_models(registry, some[0])
                texts = [spec for text in named for spec in (every if text in GROUPS else [text])]
                references = _all_models(registry, some[0], references=True) if request.with_references else []
                yield own, some, choose(registry, "model", [*texts, *references])


def _all_models(registry: Registry, degradation: Degradation, *, references: bool = False) -> list[str]:
    """Return specs of all models, or references, with a place on boards of it; of codecs all rates, if they compete."""
    found = []
    for model in choose(registry, "model", [ALL]):
        if model.misplaced(degradation) is None and (model.role in REFERENCES or not references):
            rates = {} if degradation.degrades else model.rates
            specs = [f"{model.name}:{field}={rate}" for field, curve in rates.items() for rate in curve]
            found += specs or [model.name]
    return found


def prepare_data(datasets: Sequence[Dataset], size: int, cache: Path) -> list[PreparedDataset]:
    """Return data sets, of images of `size` px; what the cache lacks is decoded, each in a process of its own.

    Raises DataError for what cannot be prepared, and for two that are the same: their trials would have one key.
    """
    found: dict[str, PreparedDataset] = {}
    for dataset in datasets:
        prepared = _prepare(dataset, size, cache)
        if twin := found.get(prepared.fingerprint):
            raise DataError(f"{twin.label} and {prepared.label} hold the same images: give one of them")
        found[prepared.fingerprint] = prepared
    return list(found.values())


def _prepare(dataset: Dataset, size: int, cache: Path) -> PreparedDataset:
    try:
        folder = prepared_folder(dataset, size, cache)
        if ready := load_if_whole(folder):
            return ready
        reason = ChildProcess(prepare, dataset, size, cache).run()
    except (BenchbenchError, KeyboardInterrupt):
        raise
    except BaseException as error:
        reason = one_line(error)
    if reason:
        raise DataError(reason if dataset.label in reason else f"data set {dataset.label}: {reason}")
    return load(folder)


def trials(
    registry: Registry,
    request: RunRequest,
    data: Sequence[PreparedDataset],
    degradations: Sequence[Degradation],
    models: Sequence[Model],
) -> list[Trial]:
    """Return every model on every degradation of every data set, board by board, one trial per seed.

    Models that need no training come first: they are quick, show a board's reference rows, and have a single trial
    without seed and budget. `longest_first` orders the others of those that are missing.
    """
    budget = Budget.parse(request.budget)
    return [
        Trial(
            data=prepared.folder,
            dataset=prepared.label,
            fingerprint=prepared.fingerprint,
            size=prepared.size,
            degradation=degradation,
            model=model,
            seed=seed,
            budget=None if seed is None else budget,
            threads=request.threads,
            compiled=request.compile and seed is not None,
            tuned=request.tune and seed is not None,
            watch_gradients=request.watch_gradients,
            predictions=request.predictions,
            origin={"degradation": origin_of(registry, [degradation]), "model": origin_of(registry, [model])},
        )
        for prepared in data
        for degradation in degradations
        for model in sorted(models, key=lambda m: m.recipe is not None)
        for seed in ([None] if model.recipe is None else dict.fromkeys(request.seed))
    ]


def origin_of(registry: Registry, components: Sequence[Component]) -> list[dict[str, str]]:
    """Return the plugins that brought these components (or the parts of a chain)."""
    plugins = {p.full_name: p for c in components for part in c._members() if (p := registry.origin[type(part)])}
    return [{"plugin": p.name, "distribution": p.distribution, "version": p.version} for p in plugins.values()]


def is_done(trial: Trial, out: Path) -> bool:
    """Return whether a whole result with all the trial's metrics is stored, trained as far as its budget or further.

    Skipped trials are done while their reason holds; failed ones are tried again.
    """
    result = store.whole_result(trial.folder(out))
    if result and result.status == "skipped":
        return still_skipped(trial, result)
    if not (result and result.status == "scored" and is_trained_enough(trial, result.record)):
        return False
    return not missing_metrics(trial, result) and result.keeps(trial.predictions)
