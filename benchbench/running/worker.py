"""A trial from its lock to its stored result, in a process of its own; and what is stored where that process died."""

from __future__ import annotations

import io
import os
import pickle
import shutil
import sys
import traceback
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import cloudpickle
import pandas as pd
from filelock import Timeout
from msgspec import structs

from ..devices import set_up
from ..errors import TrialError, one_line
from ..results import store
from ..results.layout import root_of
from ..results.record import FAILED, Record
from ..results.store import Result
from ..results.trial import Trial, is_trained_enough, missing_metrics, record_of
from .execute import execute
from .measure import with_scores
from .workspace import (
    Workspace,
    check_descriptors,
    lock_of,
    locked,
    log_to,
    shorten_log,
    take_over,
    take_over_checkpoint,
)

if TYPE_CHECKING:
    from ..data.prepared import PreparedDataset


def pack(trial: Trial) -> bytes:
    """Pack a trial for `run`, its degradation first; classes of a script go by value. Raises what pickling raises."""
    return cloudpickle.dumps(trial.degradation) + cloudpickle.dumps(trial)


def run(workspace: Workspace, packed: bytes) -> None:
    """In a child process: do a trial that `pack` packed, as the only one at it, and print into its log.

    The degraded sets, which all models share, are made before the model's code is imported, which may do anything.
    """
    from ..data.degraded import degraded_set
    from ..data.prepared import load

    with locked(workspace.lock):
        store.publish_if_complete(workspace.work, workspace.final)  # killed between its last write and the renaming
        store.open_work(workspace.work)
        log_to(workspace.work / store.LOG)
        stream = io.BytesIO(packed)
        try:
            set_up(workspace.device, workspace.threads)
            data = load(workspace.data)
            degradation = pickle.load(stream)
            with suppress(Exception):  # the trial meets it again, and stores it
                for split in ("validation", "test"):
                    degraded_set(data, split, degradation, workspace.cache)
            run_trial(pickle.load(stream), data, workspace)
        except BaseException:  # SystemExit and KeyboardInterrupt are the plugin's: the parent keeps Ctrl-C
            _print_traceback()
            raise
        shutil.rmtree(workspace.work, ignore_errors=True)  # where another run had done it all


def run_trial(trial: Trial, data: PreparedDataset, workspace: Workspace) -> None:
    """Execute the trial and publish its result. What a plugin raises becomes a failed result."""
    final, stored = workspace.final, sufficient_result(trial, workspace.final)
    if stored and not missing_metrics(trial, stored) and stored.keeps(trial.predictions):
        return
    stored = stored if (final / store.WEIGHTS).is_file() else None  # a light result is for reading only
    try:
        take_over_checkpoint(final, workspace.work)
        own = replace(trial, data=data.folder)  # its key is computed anew, from the sources as they are now
        if own.key != trial.key:
            raise TrialError("the source of a component changed during the run; run again")
        record = execute(own, data, workspace, stored)
        check_descriptors(workspace.work / store.LOG)
        _publish(trial, final, record)
    except BaseException as error:
        _print_traceback()
        _store_failure(trial, final, one_line(error))


def _print_traceback() -> None:
    with suppress(OSError, ValueError):  # where even its standard error is closed
        traceback.print_exc()


def fail(trial: Trial, out: Path, reason: str) -> Record:
    """Store that the trial failed, for a process that could not do it itself; return the record. Raises TrialError.

    Where another run in the same folder is at the trial, or has it done, the trial is left to that.
    """
    final = trial.folder(out)
    try:
        with locked(lock_of(trial, out), blocking=False):
            store.open_work(store.work_folder(final))
            return _store_failure(trial, final, reason)
    except Timeout:
        return record_of(trial, "failed", reason)
    except OSError as error:
        what = error.strerror or one_line(error)
        raise TrialError(f"cannot write to {final.parent}: {what}; the same command goes on from here") from error


def _publish(trial: Trial, final: Path, record: Record) -> Record:
    work = store.work_folder(final)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    with suppress(OSError):
        shorten_log(work / store.LOG)
    if record.status != "failed" and trial.training != "any-time":
        (work / store.CHECKPOINT).unlink(missing_ok=True)
    return store.publish(work, final, record).record


def _store_failure(trial: Trial, final: Path, reason: str) -> Record:
    """Publish a failure with the log, and the checkpoint, from which another try goes on.

    A scored result keeps all that it has. Its metrics say why they are not there, if these were all that it lacked;
    where it was to be trained further, its reason does.
    """
    from ..evaluation.score import Scores

    work, stored = store.work_folder(final), stored_result(final)
    take_over_checkpoint(final, work)
    for path in work.iterdir():
        if path.name != store.LOG and not path.match(store.CHECKPOINTS):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (work / store.LOG).touch()
    reason = reason.replace(f"{root_of(final)}{os.sep}", "")  # boards are published, and whose folder it was is not
    if not stored:
        return _publish(trial, final, record_of(trial, "failed", reason))
    if is_trained_enough(trial, stored.record):
        missing = missing_metrics(trial, stored)
        none = Scores(pd.DataFrame(), {str(metric): f"{FAILED} {reason}" for metric in missing})
        return _publish(trial, final, with_scores(stored, missing, none, work))
    take_over(stored, work)
    now, reason = datetime.now(UTC).isoformat(), f"training on to {trial.budget} failed: {reason}"
    return _publish(trial, final, structs.replace(stored.record, reason=reason, finished_at=now))


def stored_result(final: Path) -> Result | None:
    """Return the scored result in a folder, if there is a whole one whose table has its scores."""
    with suppress(OSError, ValueError):
        result = store.read(final)
        if result.status == "scored" and set(result.record.scores) <= set(result.scores.columns):
            return result
    return None


def sufficient_result(trial: Trial, final: Path) -> Result | None:
    """Return the scored result in a folder, if it was trained as far as the trial's budget goes."""
    result = stored_result(final)
    return result if result and is_trained_enough(trial, result.record) else None


def only_lacks_scores(trial: Trial, out: Path) -> bool:
    """Return whether what is stored of the trial need not be trained again to be scored."""
    final = trial.folder(out)
    return (final / store.WEIGHTS).is_file() and sufficient_result(trial, final) is not None


def must_begin_anew(trial: Trial, out: Path) -> bool:
    """Return whether the trial has a scored result, which its budget goes beyond, and no checkpoint to go on from."""
    final = trial.folder(out)
    checkpoints = [path for folder in (final, store.work_folder(final)) for path in folder.glob(store.CHECKPOINTS)]
    begun = stored_result(final)
    return begun is not None and not is_trained_enough(trial, begun.record) and not checkpoints
