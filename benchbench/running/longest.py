"""The order of a run's trials: of each board the untrained models, then the longest training first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..contracts.budget import epoch_steps
from ..contracts.rungs import FACTORS, tuning_rung
from ..files import read_json
from ..results.layout import files_in
from ..results.parsing import parse
from ..results.record import Record
from ..results.trial import Trial


def longest_first(trials: Sequence[Trial], out: Path) -> list[Trial]:
    """Return the trials board by board, of each board the untrained models and then the longest training first.

    So no long training begins last and runs alone. The seconds are estimated from the newest training of the same
    model under `out`, on any board. A model without one may take longest: it comes first. Among these smaller batches
    do, because models that take more for an image have them. No result depends on this order.
    """
    boards = list(dict.fromkeys(map(_board, trials)))
    known = {model: newest_training(out, model) for model in {str(trial.model) for trial in trials if trial.budget}}

    def place(trial: Trial) -> tuple[int, bool, float, int]:
        recipe, seconds = trial.model.recipe, seconds_of(trial, known.get(str(trial.model)))
        return boards.index(_board(trial)), trial.budget is not None, -seconds, recipe.batch if recipe else 0

    return sorted(trials, key=place)


def _board(trial: Trial) -> tuple[str, int, str]:
    return trial.dataset, trial.size, str(trial.degradation)


def newest_training(out: Path, model: str) -> Record | None:
    """Return the record of the model's training that ended last; None where nothing under `out` tells of one."""
    found = []
    for path in files_in(out, model):
        with suppress(OSError, ValueError, RecursionError):  # a damaged result estimates nothing
            found.append(parse(read_json(path)))
    trained = [r for r in found if r.data and r.timing.training and r.training.images and r.training.batch]
    return max(trained, key=lambda record: record.finished_at, default=None)


def seconds_of(trial: Trial, before: Record | None) -> float:
    """Estimate the seconds of a training, learning rates that lose included, by an earlier one; infinite without."""
    budget, recipe = trial.budget, trial.model.recipe
    if not (budget and recipe and before and before.data and before.timing.training):
        return math.inf
    training, seconds = before.training, before.timing.training.seconds
    batch, images = training.batch or 1, training.images or 1
    in_epoch = max(1, epoch_steps(before.data.train, batch))
    steps = budget.steps(batch, in_epoch, training.flops_per_image or 0.0, recipe.epochs)
    own = budget.amount if steps is None else steps * batch * seconds / images
    if not (trial.tuned and images and training.flops_per_image):
        return own
    return own + (len(FACTORS) - 1) * min(own, tuning_rung() / training.flops_per_image * seconds / images)
