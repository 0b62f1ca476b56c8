"""A whole run as one call: choose components, prepare data, plan, run what is missing, write the boards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from .. import devices
from ..boards import Board, collect, write_boards, write_pages
from ..contracts.budget import Budget
from ..contracts.degradation import Degradation
from ..contracts.metric import Metric
from ..contracts.model import Model
from ..data.prepared import load, place
from ..devices import check_device, parse_bytes
from ..errors import BenchbenchError
from ..files import cache_folder, json_text
from ..processes import Limits
from ..registry import suites
from ..registry.registry import Registry
from ..registry.suites import Grid
from ..results import store
from ..results.trial import Trial
from . import listeners, plan, worker
from .executors import Executor, LocalExecutor, Settings
from .listeners import Listener
from .scheduler import prepare_data
from .scheduler import run as _run

LEAST_FREE_BYTES = 100_000_000


@dataclass(frozen=True)
class RunRequest:
    """What the user asked for, component specs still as text; see `benchbench run --help`."""

    dataset: Sequence[str] = ()
    size: int = 64
    degradation: Sequence[str] = ()
    model: Sequence[str] = ()
    grids: Sequence[Grid] = ()
    """Several grids, as a suite has them; degradations and models given beside them take their places."""
    metric: Sequence[str] = ()
    budget: str = "quick"
    seed: Sequence[int] = (0,)
    out: Path = Path("runs")
    device: str = "auto"
    executor: Literal["local", "dask"] = "local"
    scheduler: str | None = None
    """Address of the Dask scheduler whose workers do the trials; without it Dask has its workers on this machine."""
    jobs: int | None = None
    threads: int = 1
    timeout: float | None = None
    memory: str | None = None
    fresh: bool = False
    predictions: bool = False
    frame: bool = True
    """Give every board its baseline and, where there is one, its ideal, whether asked for or not."""
    compile: bool = False
    watch_gradients: bool = False


@dataclass(frozen=True)
class Report:
    """What a run did: the result of each trial of its plan, and the boards that hold them."""

    results: list[dict[str, Any]]
    ran: int
    boards: list[Board]
    written: list[Path]
    problems: list[str]
    """Result folders that were left out of the boards, and why."""
    interrupted: bool = False
    """Whether it was stopped by Ctrl-C; the same request goes on from there."""

    @property
    def failed(self) -> list[dict[str, Any]]:
        """Results of trials that failed."""
        return [r for r in self.results if r["status"] == "failed"]

    def to_json(self) -> str:
        """The report for scripts."""
        report = {
            "ran": self.ran,
            "results": self.results,
            "boards": [str(path) for path in self.written],
            "problems": self.problems,
            "interrupted": self.interrupted,
        }
        return json_text(report)


def with_suite(registry: Registry, request: RunRequest, name: str, given: Collection[str]) -> RunRequest:
    """The request with all that the suite says and the user has not `given` himself. Raises SpecError."""
    suite = suites.load(registry, name)
    options = {key: value for key, value in suite.options.items() if key not in given}
    return replace(request, grids=suite.grids, **options)


def run(registry: Registry, request: RunRequest, screen: Listener) -> Report:
    """Do what the request says. Raises BenchbenchError for what the user can mend, before anything is written.

    Ctrl-C ends the running trials, which go on from their checkpoints next time, and the boards are written.
    """
    settings = settings_of(request, cache_folder())
    if request.executor == "local" and request.threads > (cores := devices.cores()):
        screen.warn(f"the {request.threads} threads of a trial share {cores} cores, which is slower than fewer of them")
    metrics: list[Metric] = plan.choose(registry, "metric", request.metric or ["all"])
    writes_to = request.out, settings.cache
    trials, skipped = plan_trials(registry, request, screen, settings.cache, metrics, writes_to)
    if request.fresh:
        discard(trials, request.out)
    missing = [t for t in trials if not plan.is_done(t, request.out, metrics)]
    screen.planned(trials, missing, sum(worker.only_lacks_scores(t, request.out) for t in missing), skipped)
    if request.watch_gradients and (done := len(trained(trials)) - len(trained(missing))):
        screen.warn(f"the gradients of {done} trainings that are done were not watched; --fresh runs them again")
    hooks = listeners.HookCaller(registry, request.out, screen.warn)
    interrupted = False
    try:
        if missing:
            with _crew(registry, request, settings, metrics, screen) as crew:
                _run(missing, metrics, crew, request.out, [screen, hooks])
    except KeyboardInterrupt:
        interrupted = True
        screen.warn("stopping: the boards of what is done are written; Ctrl-C again stops at once")
    except BenchbenchError:  # the boards of what is done are written here, too
        with suppress(OSError):
            _report(trials, len(missing), request.out, hooks, interrupted)
        raise
    finally:
        screen.close()
    return _report(trials, len(missing), request.out, hooks, interrupted)


def _crew(
    registry: Registry, request: RunRequest, settings: Settings, metrics: Sequence[Metric], screen: Listener
) -> Executor:
    if request.executor == "local":
        return LocalExecutor(metrics, settings)
    from .dask import DaskExecutor

    datasets = plan.choose(registry, "dataset", request.dataset)
    places = {place(dataset, request.size, settings.cache): dataset for dataset in datasets}
    return DaskExecutor(metrics, settings, places, request.scheduler, request.jobs, screen.warn)


def trained(trials: Sequence[Trial]) -> list[Trial]:
    """Those whose models are trained."""
    return [t for t in trials if t.model.recipe is not None]


def settings_of(request: RunRequest, cache: Path) -> Settings:
    """Raises SpecError."""
    jobs = request.jobs or devices.default_jobs(request.device, request.threads)
    limits = Limits(request.timeout, parse_bytes(request.memory) if request.memory is not None else None)
    return Settings(request.out, cache, request.device, jobs, limits)


def plan_trials(
    registry: Registry,
    request: RunRequest,
    screen: Listener,
    cache: Path,
    metrics: Sequence[Metric],
    writes_to: Sequence[Path],
) -> tuple[list[Trial], list[tuple[str, str]]]:
    """The request's trials, their data prepared, and (file, reason) of the images that cannot be used."""
    budget = Budget.parse(request.budget)
    datasets = plan.choose(registry, "dataset", request.dataset)
    grids = _grids(registry, request)
    if request.executor == "local":
        from ..devices import check_compiler

        check_device(request.device)
        if request.compile:
            check_compiler()
    else:  # whose workers may have what is not here
        from .dask import check_installed

        check_installed()
    for folder in writes_to:
        check_writable(folder)
    screen.preparing([d.label for d in datasets])
    prepared, skipped = [], []
    for folder in prepare_data(datasets, request.size, cache):
        portraits = load(folder)
        prepared.append(plan.Prepared(folder, portraits.label, portraits.fingerprint, portraits.size))
        skipped += portraits.skipped
    also = {kind: plan.origin_of(registry, found) for kind, found in (("dataset", datasets), ("metric", metrics))}
    planned = [
        replace(
            trial,
            watch_gradients=request.watch_gradients,
            predictions=request.predictions,
            compiled=request.compile and trial.model.recipe is not None,
        )
        for degradations, models in grids
        for trial in plan.trials(registry, prepared, degradations, models, budget, request.seed, request.threads, also)
    ]
    return list({t.folder(request.out): t for t in planned}.values()), skipped


def _grids(registry: Registry, request: RunRequest) -> list[tuple[list[Degradation], list[Model]]]:
    framing = [
        name for name, model in registry.of("model").items() if request.frame and bool(getattr(model, "role", ""))
    ]
    return [
        (
            plan.choose(registry, "degradation", request.degradation or grid.degradation),
            plan.choose(registry, "model", [*(request.model or grid.model or ["all"]), *framing]),
        )
        for grid in request.grids or [Grid()]
    ]


def _report(trials: Sequence[Trial], ran: int, out: Path, hooks: listeners.HookCaller, interrupted: bool) -> Report:
    folders = [t.folder(out) for t in trials]
    boards, problems = collect(out)
    own = {store.slug(t.dataset): set[str]() for t in trials}
    for t in trials:
        own[store.slug(t.dataset)].add(store.slug(str(t.degradation)))
    pages = write_pages(boards, out / "leaderboards", redraw=False)
    boards = [b for b in boards if b.setting.file[1] in own.get(b.setting.file[0], ())]  # whole files, never parts
    written = write_boards(boards, out / "leaderboards", redraw=False)
    for path in written:
        hooks.call("benchbench_board_written", path=path)
    results = [found.content for folder in folders if isinstance(found := _read(folder), store.Result)]
    return Report(results, ran, boards, written + pages, problems, interrupted)


def _read(folder: Path) -> store.Result | store.DamagedResult:
    try:
        return store.read(folder)
    except store.DamagedResult as damage:  # another run in the same folder is replacing it, or someone removed it
        return damage


def discard(trials: Sequence[Trial], out: Path) -> None:
    """Remove the stored results, and the unfinished work, of these trials."""
    for trial in trials:
        final = trial.folder(out)
        for folder in (final, store.work_folder(final)):
            shutil.rmtree(folder, ignore_errors=True)


def check_writable(folder: Path) -> None:
    """Raises BenchbenchError if results could not be written there, so that it comes out before the work is done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * 65536)
            file.flush()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise BenchbenchError(f"cannot write to {folder}: {error.strerror}; choose another with --out") from error
    if free < LEAST_FREE_BYTES:
        raise BenchbenchError(
            f"only {free / 1e6:.0f} MB are free for {folder}; {LEAST_FREE_BYTES / 1e6:.0f} MB are needed"
        )
