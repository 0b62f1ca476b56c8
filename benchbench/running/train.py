"""A trial's training: in smaller batches where memory lacks, at the learning rates that validate best if asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from ..contracts.rungs import FACTORS, tuning_rung
from ..devices import free_memory, is_out_of_memory, peak_memory
from ..errors import one_line
from ..results import history, store
from ..results.record import TrainingTime
from .progress import tell

if TYPE_CHECKING:
    from torch import nn

    from ..data.degraded import DegradedSet
    from ..evaluation.rungs import RungScorer
    from ..training.trainer import OnProgress, Trained, Trainer
    from ..training.tuning import Choice


def train(scorer: RungScorer, validation: DegradedSet) -> tuple[Trained, TrainingTime, list[str]]:
    """Train the model, scored at its rungs; return how it got there, its time and memory, and notes.

    Where memory does not suffice, the training starts anew with half the batch, down to single images.
    """
    from ..training.checkpoint import state_in

    data, recipe, checkpoints = scorer.data, scorer.trial.model.recipe, sorted(scorer.work.glob(store.CHECKPOINTS))
    batch = wanted = min(recipe.batch if recipe else 1, len(data))
    batch = next((state["batch"] for path in checkpoints if (state := state_in(path))), wanted)
    while True:
        try:
            trained, time = _train(scorer, partial(_make, scorer, validation, batch))
        except Exception as error:
            if batch == 1 or not is_out_of_memory(error):
                raise
            print(f"batches of {batch} do not fit into memory: {one_line(error)}")
        else:
            halved = f"trained with batches of {batch}: {wanted} images did not fit into memory"
            return trained, time, [halved] if batch < wanted else []
        for checkpoint in scorer.work.glob(store.CHECKPOINTS):
            checkpoint.unlink()
        batch //= 2  # outside of the handler, whose traceback keeps the tensors alive
        free_memory(data.device)


def _make(
    scorer: RungScorer, validation: DegradedSet, batch: int, factor: float = 1.0, pause: float | None = None
) -> Trainer:
    """Make the trainer: by recipe, or any-time at a factor of the recipe's learning rates; see `AnyTimeTrainer`."""
    from ..evaluation.trained import build_module
    from ..training.anytime import AnyTimeTrainer
    from ..training.ways import make_trainer

    trial = scorer.trial
    module = build_module(trial.model, scorer.task, trial.seed)
    trainer = make_trainer(trial, module, scorer.data, validation, batch)
    if isinstance(trainer, AnyTimeTrainer):
        trainer.times, trainer.pause = factor, pause
    return trainer


def _train(scorer: RungScorer, make: Callable[..., Trainer]) -> tuple[Trained, TrainingTime]:
    """Train, telling the parent of it, and write the history and the film strip; what was trained is scored."""
    from ..training.filmstrip import write_strip
    from ..training.tuning import Tuner

    work, choice = scorer.work, None
    checkpoint = work / store.CHECKPOINT
    with ExitStack() as until_scored:
        peak = until_scored.enter_context(peak_memory(scorer.data.device))

        def score(module: nn.Module) -> Mapping[str, Any]:
            until_scored.close()  # metrics need memory of their own
            return scorer(module)

        if scorer.trial.tuned:
            choice, checkpoint = Tuner(make, _report_trying, work).choose()
        trainer = make(choice.tuning.factor) if choice else make()
        trained = trainer.run(checkpoint, _report(trainer, choice), score)
    if scorer.last is None:  # a larger budget, or a process that was killed since, had scored its last rung
        scorer(trained.module)
    history.write(work, trained.history)
    write_strip(work / store.STRIP, trainer.validation, trained.frames)
    trained.facts.update({"tuning": choice.tuning} if choice else {})
    seconds, lost = trained.rungs[-1]["seconds"], choice.seconds if choice else None
    return trained, TrainingTime(seconds=seconds, peak_bytes=peak.bytes, tuning_seconds=lost)


def _report(trainer: Trainer, choice: Choice | None) -> OnProgress:
    """Make what tells the parent of each new row of history, and how far the training is, with what it lost before."""
    told = 0

    def report(progress: Mapping[str, float], history: Sequence[Mapping[str, float]]) -> None:
        nonlocal told
        for number in range(told, len(history)):
            tell(history[number], number)
        told = len(history)
        done = trainer.state.step * trainer.step_flops
        lost = choice.tuning.flops * progress["fraction"] / done if choice and done else 0.0
        tell(_of_whole(progress, lost, lost) if lost else progress)

    return report


def _report_trying(trainer: Trainer, number: int) -> OnProgress:
    """Make what tells the parent how far the trying of learning rates is; the history is told of the best alone."""

    def report(progress: Mapping[str, float], history: Sequence[Mapping[str, float]]) -> None:
        done = trainer.state.step * trainer.step_flops
        part = min(1.0, progress["fraction"] * tuning_rung() / done) if done else 1.0
        tell({**_of_whole(progress, number * part, (len(FACTORS) - 1) * part), "tuning": FACTORS[number]})

    return report


def _of_whole(progress: Mapping[str, float], before: float, lost: float) -> dict[str, float]:
    """Turn the progress of a training into that of all: `lost` trainings besides, as parts of it, `before` done."""
    fraction = progress["fraction"]
    whole = progress["seconds_left"] / (1 - fraction) if fraction < 1 else math.nan
    left = {"fraction": (before + fraction) / (1 + lost), "seconds_left": whole * (1 + lost - before - fraction)}
    return {**progress, **left}
