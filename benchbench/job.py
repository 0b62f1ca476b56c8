"""A whole run as one call: choose components, prepare data, plan, run what is missing, write the boards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from . import attempt, machine, overfit, plan, runner, store, suites
from .budget import Budget
from .crew import Crew, Settings, Threads
from .data import load, place
from .errors import BenchbenchError, SpecError
from .files import cache_folder, json_text
from .interfaces import Degradation, Metric, Model
from .leaderboard import Board, collect, write_boards, write_pages
from .overfit import Verdict
from .perform import check_device
from .plugins import Registry
from .processes import Limits, parse_bytes
from .runner import Listener
from .suites import Grid
from .trial import Trial

LEAST_FREE_BYTES = 100_000_000


@dataclass(frozen=True)
class Request:
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


@dataclass(frozen=True)
class Checked:
    """What the overfit check found."""

    verdicts: list[Verdict]

    @property
    def failed(self) -> list[Verdict]:
        """Of models that cannot learn, or failed."""
        return [v for v in self.verdicts if not v.passed]

    def to_json(self) -> str:
        """The verdicts for scripts."""
        return json_text({"overfit": [asdict(v) for v in self.verdicts]})


class Screen(Listener):
    """A listener that also learns of what happens before and between trials."""

    def preparing(self, names: Sequence[str]) -> None:
        """Data sets are about to be read."""

    def planned(
        self, trials: Sequence[Trial], missing: Sequence[Trial], scored: int, skipped: Sequence[tuple[str, str]]
    ) -> None:
        """The plan stands: `missing` will be run now, `scored` of them were trained before and lack but scores.

        `skipped` are (file, reason) of unusable images.
        """

    def warn(self, text: str) -> None:
        """Something the user should know that stops nothing."""

    def checked(self, verdict: Verdict) -> None:
        """A model was tried on one image."""

    def close(self) -> None:
        """No trial will follow."""


def with_suite(registry: Registry, request: Request, name: str, given: Collection[str]) -> Request:
    """The request with all that the suite says and the user has not `given` himself. Raises SpecError."""
    suite = suites.load(registry, name)
    options = {key: value for key, value in suite.options.items() if key not in given}
    return replace(request, grids=suite.grids, **options)


def run(registry: Registry, request: Request, screen: Screen) -> Report:
    """Do what the request says. Raises BenchbenchError for what the user can mend, before anything is written.

    Ctrl-C ends the running trials, which go on from their checkpoints next time, and the boards are written.
    """
    settings = _settings(request, cache_folder())
    if request.executor == "local" and request.threads > (cores := machine.cores()):
        screen.warn(f"the {request.threads} threads of a trial share {cores} cores, which is slower than fewer of them")
    metrics: list[Metric] = plan.choose(registry, "metric", request.metric or ["all"])
    writes_to = request.out, settings.cache
    trials, skipped = _plan(registry, request, screen, settings.cache, metrics, writes_to)
    if request.fresh:
        discard(trials, request.out)
    missing = [t for t in trials if not plan.is_done(t, request.out, metrics)]
    screen.planned(trials, missing, sum(attempt.only_lacks_scores(t, request.out) for t in missing), skipped)
    if request.watch_gradients and (done := len(_trained(trials)) - len(_trained(missing))):
        screen.warn(f"the gradients of {done} trainings that are done were not watched; --fresh runs them again")
    hooks = runner.HookCaller(registry, request.out, screen.warn)
    interrupted = False
    try:
        if missing:
            with _crew(registry, request, settings, metrics, screen) as crew:
                runner.run(missing, metrics, crew, request.out, [screen, hooks])
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


def _crew(registry: Registry, request: Request, settings: Settings, metrics: Sequence[Metric], screen: Screen) -> Crew:
    if request.executor == "local":
        return Threads(metrics, settings)
    from .cluster import Dask

    datasets = plan.choose(registry, "dataset", request.dataset)
    places = {place(dataset, request.size, settings.cache): dataset for dataset in datasets}
    return Dask(metrics, settings, places, request.scheduler, request.jobs, screen.warn)


def overfit_one(registry: Registry, request: Request, screen: Screen) -> Checked:
    """Check that the trained models of the request can learn one image; nothing is stored. Raises BenchbenchError."""
    cache = cache_folder()
    trials, _ = _plan(registry, replace(request, frame=False), screen, cache, (), writes_to=(cache,))
    trained = _trained(trials)
    if not trained:
        raise SpecError("none of the chosen models is trained, so there is nothing to check")
    verdicts = []
    for verdict in overfit.check(trained, _settings(request, cache)):
        screen.checked(verdict)
        verdicts.append(verdict)
    return Checked(verdicts)


def _trained(trials: Sequence[Trial]) -> list[Trial]:
    """Those whose models are trained."""
    return [t for t in trials if t.model.recipe is not None]


def _settings(request: Request, cache: Path) -> Settings:
    """Raises SpecError."""
    jobs = request.jobs or machine.default_jobs(request.device, request.threads)
    limits = Limits(request.timeout, parse_bytes(request.memory) if request.memory is not None else None)
    return Settings(request.out, cache, request.device, jobs, limits)


def _plan(
    registry: Registry,
    request: Request,
    screen: Screen,
    cache: Path,
    metrics: Sequence[Metric],
    writes_to: Sequence[Path],
) -> tuple[list[Trial], list[tuple[str, str]]]:
    """The request's trials, their data prepared, and (file, reason) of the images that cannot be used."""
    budget = Budget.parse(request.budget)
    datasets = plan.choose(registry, "dataset", request.dataset)
    grids = _grids(registry, request)
    if request.executor == "local":
        from .compiling import check_compiler

        check_device(request.device)
        if request.compile:
            check_compiler()
    else:  # whose workers may have what is not here
        from .cluster import check_installed

        check_installed()
    for folder in writes_to:
        check_writable(folder)
    screen.preparing([d.label for d in datasets])
    prepared, skipped = [], []
    for folder in runner.prepare_data(datasets, request.size, cache):
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


def _grids(registry: Registry, request: Request) -> list[tuple[list[Degradation], list[Model]]]:
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


def _report(trials: Sequence[Trial], ran: int, out: Path, hooks: runner.HookCaller, interrupted: bool) -> Report:
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
