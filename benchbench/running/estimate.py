"""How long the trainings of a run take, by what trainings took before, or by a short try of each model."""

from __future__ import annotations

import heapq
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..contracts.budget import Budget
from ..results.record import Record
from ..results.trial import Trial
from . import worker
from .executors import LocalExecutor
from .listeners import Listener
from .longest import newest_training, seconds_of
from .request import RunRequest
from .scheduler import run

TRY_SECONDS = 2
"""The budget of a try: enough for some steps of every model, the first of which is slower than the others."""


@dataclass(frozen=True)
class Estimate:
    """What a plan will take.

    >>> Estimate([], {}, {}, at_once=2).seconds
    0.0
    """

    trials: Sequence[Trial]
    """What is missing, in the order in which it is run."""
    training: dict[str, float]
    """Key of a trial -> seconds that its training takes; trials that train nothing, or could not be timed, lack it."""
    source: dict[str, str]
    """Model -> how its speed is known: `stored` of an earlier training, `tried` just now, or why that is not known."""
    at_once: int
    """Trials at once."""

    @property
    def seconds(self) -> float:
        """Seconds until all trainings are done, whose speed is known; scoring comes on top."""
        ends = [0.0] * self.at_once
        for trial in self.trials:
            heapq.heapreplace(ends, ends[0] + self.training.get(trial.key, 0.0))
        return max(ends)


def estimate(missing: Sequence[Trial], request: RunRequest) -> Estimate:
    """Estimate how long the missing trainings take on this machine, on which models that are new here are tried.

    The tries run as many at once as the run will, and leave nothing behind. A cluster's speed is known by earlier
    trainings only.
    """
    trained = [t for t in missing if t.budget and t.model.misplaced(t.degradation) is None]
    trials = {str(trial.model): trial for trial in trained}
    known = {model: newest_training(request.out, model) for model in trials}
    known = {model: record for model, record in known.items() if record and record.timing.threads == request.threads}
    source = dict.fromkeys(known, "stored")
    if request.executor == "local" and (new := [trial for model, trial in trials.items() if model not in known]):
        for model, record in _tried(new, request).items():
            source[model] = "tried" if record.timing.training else f"{record.status}: {record.reason}"
            known[model] = record
    source |= dict.fromkeys(trials.keys() - source.keys(), "no earlier training is stored")
    seconds = {t.key: _left(seconds_of(t, known.get(str(t.model))), t, request.out) for t in trained}
    return Estimate(missing, {k: s for k, s in seconds.items() if math.isfinite(s)}, source, request.workers)


def _left(seconds: float, trial: Trial, out: Path) -> float:
    """Subtract what the trial's training has taken already, from which it goes on."""
    stored = worker.stored_result(trial.folder(out))
    if stored is None or stored.record.timing.training is None or worker.must_begin_anew(trial, out):
        return seconds
    time = stored.record.timing.training
    done = time.seconds + (time.tuning_seconds or 0.0)
    return 0.0 if worker.only_lacks_scores(trial, out) else max(0.0, seconds - done)


def _tried(trials: Sequence[Trial], request: RunRequest) -> dict[str, Record]:
    """Train each for TRY_SECONDS in a folder that goes; return model -> record."""
    short = [
        replace(trial, budget=Budget.parse(f"{TRY_SECONDS}s"), tuned=False, metrics=(), predictions=False)
        for trial in trials
    ]
    with tempfile.TemporaryDirectory(prefix="benchbench-", ignore_cleanup_errors=True) as folder:
        own, found = replace(request, out=Path(folder)), _Records()
        with LocalExecutor(own) as executor:
            run(short, executor, own.out, [found])
    return found.by_model


class _Records(Listener):
    """Keeps the record of each trial that ends."""

    def __init__(self) -> None:
        self.by_model: dict[str, Record] = {}

    def finished(self, trial: Trial, record: Record) -> None:
        self.by_model[str(trial.model)] = record
