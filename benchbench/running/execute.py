"""A trial at work: train, or load what is trained; restore; score."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from msgspec import structs

from ..errors import TrialError, one_line
from ..results import history, store
from ..results.record import DataFacts, Record, TrainingFacts, TrainingTime
from ..results.store import Result
from ..results.trial import Trial, missing_metrics, record_of
from .measure import keep_predictions, measure, with_scores
from .progress import tell
from .workspace import Workspace

if TYPE_CHECKING:
    import torch
    from torch import nn

    from ..contracts.model import Task
    from ..data.degraded import DegradedSet
    from ..data.prepared import PreparedDataset
    from ..evaluation.rungs import RungScorer
    from ..training.trainer import Trained, Trainer


def execute(trial: Trial, data: PreparedDataset, workspace: Workspace, stored: Result | None) -> Record:
    """Do the trial and return the record of its result, whose files are left in the work folder.

    Of a `stored` result only the scores are made that it lacks. Raises what a plugin raises.
    """
    from ..contracts.applying import needs_masks
    from ..contracts.model import Task
    from ..data.batches import TrainingSet
    from ..data.degraded import degraded_set
    from ..evaluation.rungs import RungScorer
    from ..evaluation.trained import build_module

    if data.masks is None and needs_masks(trial.degradation):
        lacking = f"{trial.degradation} needs face masks, which {trial.dataset} lacks"
        return structs.replace(record_of(trial, "skipped", lacking), skipped_by="data")
    test = degraded_set(data, "test", trial.degradation, workspace.cache)
    images = TrainingSet(data, trial.degradation, workspace.torch_device)
    task = Task(trial.size, trial.degradation, 3, *images.statistics())
    reason = trial.model.misplaced(trial.degradation) or trial.model.unavailable(task)
    if not (reason is None or isinstance(reason, str)):
        raise TrialError(f"{trial.model.name}.unavailable must return a reason or None, not {reason!r}")
    if reason:
        return structs.replace(record_of(trial, "skipped", str(reason)), skipped_by="model")
    if stored:
        return _score_again(trial, task, test, workspace, stored)
    scorer = RungScorer(trial, task, images, test, workspace.work)
    if trial.model.recipe is None:
        scorer(build_module(trial.model, task, trial.seed))
        return structs.replace(measure(scorer, []), data=_data_facts(data, test))
    validation = degraded_set(data, "validation", trial.degradation, workspace.cache)
    trained, time, notes = _train(scorer, validation)
    record = measure(scorer, trained.rungs)
    return structs.replace(
        record,
        data=_data_facts(data, test),
        training=TrainingFacts(**trained.facts),
        model=structs.replace(record.model, notes=[*record.model.notes, *notes]),
        timing=structs.replace(record.timing, training=time),
    )


def _score_again(trial: Trial, task: Task, test: DegradedSet, workspace: Workspace, stored: Result) -> Record:
    """Add the scores that a stored result lacks, by its weights."""
    from ..evaluation.rungs import restore_and_score
    from ..evaluation.trained import load_module

    module = load_module(trial.model, task, trial.seed, stored.folder).to(workspace.torch_device)
    lacks = replace(trial, metrics=tuple(missing_metrics(trial, stored)))
    restored, scores = restore_and_score(lacks, task, module, test, workspace.torch_device)
    keep_predictions(trial, restored, workspace.work)
    return with_scores(stored, lacks.metrics, scores, workspace.work)


def _data_facts(data: PreparedDataset, test: DegradedSet) -> DataFacts:
    counts = data.counts()
    unchanged = counts["test"] - len(test)
    return DataFacts(
        **counts,
        unchanged=unchanged,
        near_duplicates=data.copies,
        skipped=len(data.skipped),
        test_set=test.digest,
        persons=data.persons_in(test.ids),
    )


def _train(scorer: RungScorer, validation: DegradedSet) -> tuple[Trained, TrainingTime, list[str]]:
    """Train the model, scored at its rungs; return how it got there, its time and memory, and notes.

    Where memory does not suffice, the training starts anew with half the batch, down to single images.
    """
    from ..evaluation.trained import build_module
    from ..training.ways import make_trainer

    trial, data, checkpoint = scorer.trial, scorer.data, scorer.work / store.CHECKPOINT
    batch = wanted = min(trial.model.recipe.batch if trial.model.recipe else 1, len(data))
    while True:
        trainer = None
        try:
            trainer = make_trainer(trial, build_module(trial.model, scorer.task, trial.seed), data, validation, batch)
            trained, time = _run(trainer, scorer)
        except Exception as error:
            batch = trainer.batch if trainer else batch  # a checkpoint keeps its own
            if batch == 1 or not _is_out_of_memory(error):
                raise
            print(f"batches of {batch} do not fit into memory: {one_line(error)}")
        else:
            batch = trainer.batch
            halved = f"trained with batches of {batch}: {wanted} images did not fit into memory"
            return trained, time, [halved] if batch < wanted else []
        checkpoint.unlink(missing_ok=True)
        batch //= 2  # outside of the handler, whose traceback keeps the tensors alive
        del trainer
        _free_memory(data.device)


def _run(trainer: Trainer, scorer: RungScorer) -> tuple[Trained, TrainingTime]:
    """Train, telling the parent of it, and write the history and the film strip; what was trained is scored."""
    from ..devices import peak_memory
    from ..training.filmstrip import write_strip

    told, work = 0, scorer.work

    def report(progress: Mapping[str, float], history: Sequence[Mapping[str, float]]) -> None:
        nonlocal told
        for number in range(told, len(history)):
            tell(history[number], number)
        told = len(history)
        tell(progress)

    with ExitStack() as until_scored:
        peak = until_scored.enter_context(peak_memory(scorer.data.device))

        def score(module: nn.Module) -> Mapping[str, Any]:
            until_scored.close()  # metrics need memory of their own
            return scorer(module)

        trained = trainer.run(work / store.CHECKPOINT, report, score)
    if scorer.last is None:  # a larger budget, or a process that was killed since, had scored its last rung
        scorer(trained.module)
    history.write(work, trained.history)
    write_strip(work / store.STRIP, trainer.validation, trained.frames)
    return trained, TrainingTime(seconds=trained.rungs[-1]["seconds"], peak_bytes=peak.bytes)


def _is_out_of_memory(error: Exception) -> bool:
    """Return whether torch, or Python, could not have the memory that it asked for; torch says so in several ways."""
    import torch

    says = str(error).lower()
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and any(words in says for words in ("out of memory", "can't allocate memory"))
    )


def _free_memory(device: torch.device) -> None:
    import torch

    if "torch._dynamo" in sys.modules:
        torch.compiler.reset()  # CUDA graphs hold theirs
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
