"""A trial from its lock to its stored result, in a process of its own; and what is stored where that process died."""

from __future__ import annotations

import os
import shutil
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from .. import processes
from ..contracts.degradation import Degradation
from ..contracts.metric import Metric
from ..devices import set_up
from ..errors import TrialError, one_line
from ..files import write_atomically
from ..results import store
from ..results.record import outcome
from ..results.store import DamagedResult, Result
from ..results.trial import Trial, missing_metrics
from .execute import CHECKPOINTS, PROGRESS, execute
from .measure import with_scores

LOCKS = ".locks"
LOG_PART = 500_000  # bytes that are kept of a log's beginning and of its end


@dataclass(frozen=True)
class Workspace:
    """Where a trial is done on this machine."""

    final: Path
    """The folder of its result; beside it is the one in which it works."""
    lock: Path
    data: Path
    """The prepared data set's folder in the cache."""
    cache: Path


def steps(trial: Trial, metrics: Sequence[Metric], device_name: str) -> tuple[bytes, bytes]:
    """What `run` does for a trial, wherever its place is. Raises what pickling a component raises."""
    return (
        processes.step(degrade, trial.degradation, trial.threads, device_name),
        processes.step(run_trial, trial, metrics, device_name),
    )


def degrade(degradation: Degradation, threads: int, device_name: str, place: Workspace) -> None:
    """Have the fixed degraded sets in the cache, which all models share, before a model's code is imported."""
    from ..contracts.applying import needs_masks
    from ..data.degraded import degraded_set
    from ..data.prepared import load

    set_up(device_name, threads)
    portraits = load(place.data)
    with suppress(Exception):  # the trial meets it again, and stores it
        if portraits.masks is not None or not needs_masks(degradation):
            for split in ("validation", "test"):
                degraded_set(portraits, split, degradation, place.cache)


def run(place: Workspace, *steps: bytes) -> None:
    """Do the steps, the last of which is to `store_trial`, as the only one at this trial and into its log."""
    work = store.work_folder(place.final)
    with locked(place.lock):
        if store.publish_if_complete(work, place.final):  # killed between its last write and the renaming
            return
        store.open_work(work)
        log_to(work / store.LOG)
        try:
            for packed in steps:
                processes.do(packed, place)
        except BaseException:  # SystemExit and KeyboardInterrupt are the plugin's: the parent keeps Ctrl-C
            _print_traceback()
            raise
        shutil.rmtree(work, ignore_errors=True)  # where another run had done it all


def run_trial(trial: Trial, metrics: Sequence[Metric], device_name: str, place: Workspace) -> None:
    """Perform the trial and publish the result. What a plugin raises becomes a failed result."""
    final = place.final
    stored, work = stored_result(final), store.work_folder(final)
    if stored and not missing_metrics(trial, stored, metrics) and stored.keeps(trial.predictions):
        return
    stored = stored if _has_weights(final) else None
    try:
        _take_over_checkpoints(final, work)
        own, device = at_hand(trial, place.data), set_up(device_name, trial.threads)
        content = execute(own, metrics, stored, work, place.cache, device)
        _check_descriptors(work / store.LOG)
        _publish(work, final, content)
    except BaseException as error:
        _print_traceback()
        _store_failure(trial, metrics, stored, work, final, one_line(error))


def at_hand(trial: Trial, data: Path) -> Trial:
    """The trial on the data in this folder. Raises TrialError if its key is another one by now."""
    own = replace(trial, data=data)  # its key is computed anew, from the sources as they are now
    if own.key != trial.key:
        raise TrialError("the source of a component changed during the run; run again")
    return own


def _print_traceback() -> None:
    with suppress(OSError, ValueError):  # where even its standard error is closed
        traceback.print_exc()


def fail(trial: Trial, metrics: Sequence[Metric], out: Path, reason: str) -> dict[str, Any]:
    """Store that the trial failed, for a process that could not do it itself; returns the content. Raises TrialError.

    Where another run in the same folder is at the trial, or has it done, the trial is left to that.
    """
    final = trial.folder(out)
    try:
        with locked(lock_of(trial, out), blocking=False):
            work = store.open_work(store.work_folder(final))
            return _store_failure(trial, metrics, stored_result(final), work, final, reason)
    except Timeout:
        return outcome(trial, "failed", reason)
    except OSError as error:
        what = error.strerror or one_line(error)
        raise TrialError(f"cannot write to {final.parent}: {what}; the same command goes on from here") from error


def lock_of(trial: Trial, out: Path) -> Path:
    """The file that whoever is at the trial has locked: there may be another run in the same folder."""
    return out / LOCKS / trial.key


def locked(path: Path, *, blocking: bool = True) -> FileLock:
    """That file, locked while in the `with` block. Raises Timeout where it is not to block, and another has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path, blocking=blocking)


def _publish(work: Path, final: Path, content: dict[str, Any]) -> dict[str, Any]:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    with suppress(OSError):
        _shorten(work / store.LOG)
    (work / PROGRESS).unlink(missing_ok=True)
    if content["status"] != "failed":
        for checkpoint in work.glob(CHECKPOINTS):
            checkpoint.unlink()
    return store.publish(work, final, content).content


def _store_failure(
    trial: Trial, metrics: Sequence[Metric], stored: Result | None, work: Path, final: Path, reason: str
) -> dict[str, Any]:
    """Publish a failure with the log, and the checkpoints, from which another try goes on.

    A scored result that only lacked metrics keeps all that it has; the metrics say why they are not there.
    """
    for leftover in set(os.listdir(work)) - {store.LOG, *(path.name for path in work.glob(CHECKPOINTS))}:
        shutil.rmtree(work / leftover) if (work / leftover).is_dir() else (work / leftover).unlink()
    (work / store.LOG).touch()
    reason = reason.replace(f"{final.parents[3]}{os.sep}", "")  # boards are published, and whose folder it was is not
    if not stored:
        return _publish(work, final, outcome(trial, "failed", reason))
    missing = missing_metrics(trial, stored, metrics)
    unavailable = dict.fromkeys(map(str, missing), f"failed: {reason}")
    return _publish(work, final, with_scores(trial, stored, missing, pd.DataFrame(), unavailable, work))


def _take_over_checkpoints(final: Path, work: Path) -> None:
    """A trial that failed, perhaps for want of time or memory, left its checkpoints beside its failure."""
    for checkpoint in final.glob(CHECKPOINTS):
        os.replace(checkpoint, work / checkpoint.name)
    for checkpoint in work.glob(CHECKPOINTS):
        if not _is_whole(checkpoint):  # damaged: without it the training starts anew
            checkpoint.unlink()


def _is_whole(checkpoint: Path) -> bool:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(checkpoint, "pt") as file:
            return "plan" in (file.metadata() or {})
    except (OSError, SafetensorError):
        return False


def _check_descriptors(log: Path) -> None:
    """Raises TrialError if the process no longer writes to its log: then its other files may be spoilt, too."""
    try:
        intact = all(os.path.samestat(os.fstat(stream), log.stat()) for stream in (1, 2))
    except OSError:
        intact = False
    if not intact:
        raise TrialError("the process's log or its descriptors were closed, replaced or removed")


def _shorten(log: Path) -> None:
    """Keep the beginning and the end of a log that nobody could read."""
    size = log.stat().st_size
    if size > 2 * LOG_PART:
        with log.open("rb") as file:
            first = file.read(LOG_PART)
            file.seek(size - LOG_PART)
            last = file.read()
        cut = f"\n… {size - 2 * LOG_PART:,} bytes left out …\n".encode()
        write_atomically(log, first + cut + last)


def stored_result(final: Path) -> Result | None:
    """The scored result in a folder, if there is a whole one whose table has its scores."""
    with suppress(DamagedResult, OSError, ValueError):
        result = store.read(final)
        if result.status == "scored" and set(result.content["scores"]) <= set(result.scores.columns):
            return result
    return None


def only_lacks_scores(trial: Trial, out: Path) -> bool:
    """Whether what is stored of the trial need not be trained again to be scored."""
    final = trial.folder(out)
    return _has_weights(final) and stored_result(final) is not None


def _has_weights(final: Path) -> bool:
    """Whether a result is no light one, which is for reading only."""
    return (final / store.WEIGHTS).is_file()


def log_to(path: Path) -> None:
    """Send everything that this process and its libraries print to the trial's log."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(handle, stream)
    os.close(handle)
