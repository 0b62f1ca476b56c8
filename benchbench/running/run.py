"""A whole run as one call: plan, run what is missing, write the boards."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from .. import devices
from ..boards import Board, collect, write_boards, write_pages
from ..data.prepared import prepared_folder
from ..errors import BenchbenchError
from ..files import BOARDS, cache_folder, json_text
from ..registry.registry import Registry
from ..results import store
from ..results.layout import slug
from ..results.parsing import plain
from ..results.record import Record
from ..results.trial import Trial, has_failed
from . import plan, worker
from .estimate import Estimate, estimate
from .executors import Executor, LocalExecutor
from .journal import Journal
from .listeners import HookCaller, Listener
from .longest import longest_first
from .request import RunRequest
from .scheduler import run as _run
from .shards import parse_shard, shard_of


@dataclass(frozen=True)
class Report:
    """The end of a run: the record of each trial of its plan, and the boards that hold them."""

    results: list[Record]
    ran: int
    boards: list[Board]
    written: list[Path]
    problems: list[str]
    """Result folders that were left out of the boards, and why."""
    failed: list[Record]
    """Results of trials that failed, be it in going on from scores that they keep."""
    interrupted: bool = False
    """True if Ctrl-C stopped it; the same request goes on from there."""

    def to_json(self) -> str:
        """The report for scripts."""
        report = {
            "ran": self.ran,
            "results": [plain(record) for record in self.results],
            "boards": [str(path) for path in self.written],
            "problems": self.problems,
            "interrupted": self.interrupted,
        }
        return json_text(report)


def run(registry: Registry, request: RunRequest, listener: Listener) -> Report:
    """Do what the request says. Raises BenchbenchError for what the user can mend, before anything is written.

    Ctrl-C ends the running trials, which go on from their checkpoints next time, and the boards are written.
    """
    trials, missing = _planned(registry, request, listener, writes_to=(request.out, cache_folder()))
    hooks = HookCaller(registry, request.out, listener.warn)
    journal, interrupted = Journal(request.out, missing), False
    try:
        if missing:
            with _executor(registry, request, listener) as executor:
                _run(missing, executor, request.out, [listener, hooks, journal])
    except KeyboardInterrupt:
        interrupted = True
        listener.warn("stopping: the boards of what is done are written; Ctrl-C again stops at once")
    except BenchbenchError:  # the boards of what is done are written here, too
        with suppress(OSError):
            _report(trials, len(missing), request, hooks)
        raise
    finally:
        journal.close()
        listener.close()
    return replace(_report(trials, len(missing), request, hooks), interrupted=interrupted)


def dry_run(registry: Registry, request: RunRequest, listener: Listener) -> Estimate:
    """Plan what the request says, and estimate how long it takes; only the cache is written.

    Raises BenchbenchError for what the user can mend.
    """
    _, missing = _planned(registry, replace(request, fresh=False), listener, writes_to=(cache_folder(),))
    listener.close()
    return estimate(missing, request)


def _planned(
    registry: Registry, request: RunRequest, listener: Listener, writes_to: Sequence[Path]
) -> tuple[list[Trial], list[Trial]]:
    """Return the trials of the plan, and those that are missing; tell the listener of them."""
    _, shard = request.limits, parse_shard(request.shard)  # raise SpecError
    if request.executor == "local" and request.threads > (cores := devices.cores()):
        listener.warn(
            f"the {request.threads} threads of a trial share {cores} cores, which is slower than fewer of them"
        )
    planned, skipped = plan.plan(registry, request, listener, writes_to)
    trials = shard_of(planned, *shard)
    if request.fresh:
        for final in (t.folder(request.out) for t in trials):
            shutil.rmtree(final, ignore_errors=True)
            shutil.rmtree(store.work_folder(final), ignore_errors=True)
    missing = longest_first([t for t in trials if not plan.is_done(t, request.out)], request.out)
    listener.planned(trials, missing, sum(worker.only_lacks_scores(t, request.out) for t in missing), skipped)
    if anew := sum(worker.must_begin_anew(t, request.out) for t in missing):
        models = "1 trained model has" if anew == 1 else f"{anew} trained models have"
        listener.warn(f"{models} no checkpoint to go on from, and {'is' if anew == 1 else 'are'} trained anew")
    done = sum(t.model.recipe is not None for t in trials) - sum(t.model.recipe is not None for t in missing)
    if request.watch_gradients and done:
        listener.warn(f"the gradients of {done} trainings that are done were not watched; --fresh runs them again")
    return trials, missing


def _executor(registry: Registry, request: RunRequest, listener: Listener) -> Executor:
    if request.executor == "local":
        return LocalExecutor(request)
    from .dask import DaskExecutor

    datasets = plan.choose(registry, "dataset", request.dataset)
    folders = {prepared_folder(dataset, request.size, cache_folder()): dataset for dataset in datasets}
    return DaskExecutor(request, folders, listener.warn)


def _report(trials: Sequence[Trial], ran: int, request: RunRequest, hooks: HookCaller) -> Report:
    out = request.out
    boards, problems = collect(out, request.at)
    own = {(slug(t.dataset), slug(str(t.degradation))) for t in trials}
    pages = write_pages(boards, out / BOARDS, redraw=False)
    boards = [b for b in boards if b.setting.file in own]  # whole files, never parts
    written = write_boards(boards, out / BOARDS, redraw=False)
    for path in written:
        hooks.call("benchbench_board_written", path=path)
    # Where there is none, another run in the same folder is replacing it, or someone removed it.
    results = [(trial, found.record) for trial in trials if (found := store.whole_result(trial.folder(out)))]
    failed = [record for trial, record in results if has_failed(trial, record)]
    told, older = _as_asked(boards, [trial for trial, _ in results], request)
    return Report([record for _, record in results], ran, told, written + pages, problems + older, failed)


def _as_asked(boards: list[Board], asked: Sequence[Trial], request: RunRequest) -> tuple[list[Board], list[str]]:
    """Make the boards anew where a newer version of a model stands on them than that which was asked for.

    Also says so: the files show the newest, as they hang on nothing but the results.
    """
    shown = {(t.model, t.model_digest) for board in boards for t in (r.record.trial for r in board.ended)}
    wanted = {(trial.facts.model, trial.facts.model_digest) for trial in asked}
    older = dict(wanted - shown)
    if not older:
        return boards, []
    settings = [board.setting.file for board in boards]
    again = [board for board in collect(request.out, request.at, older)[0] if board.setting.file in settings]
    return again, [
        f"{', '.join(sorted(older))} as asked for: newer code of this name stands on the boards that were written"
    ]
