"""A trial at work: train, or load what is trained; restore; score."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs

from ..errors import TrialError, one_line
from ..files import save_tensors
from ..results import history, store
from ..results.record import DataFacts, Record, TrainingFacts, TrainingTime
from ..results.store import Result
from ..results.trial import Trial, missing_metrics, record_of
from .measure import measure, restore_and_score, with_scores
from .progress import tell
from .workspace import CHECKPOINTS, Workspace

if TYPE_CHECKING:
    import torch
    from torch import nn

    from ..contracts.model import Task
    from ..data.batches import TrainingSet
    from ..data.degraded import DegradedSet
    from ..data.prepared import PreparedDataset
    from ..training.trainer import Trained, Trainer


def execute(trial: Trial, data: PreparedDataset, workspace: Workspace, stored: Result | None) -> Record:
    """Do the trial and return the record of its result, whose files are left in the work folder.

    Of a `stored` result only the scores are made that it lacks. Raises what a plugin raises.
    """
    from ..contracts.applying import needs_masks
    from ..contracts.model import Task
    from ..data.batches import TrainingSet
    from ..data.degraded import degraded_set
    from ..evaluation.trained import load_module

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
        module = load_module(trial.model, task, trial.seed, stored.folder).to(workspace.torch_device)
        lacks = replace(trial, metrics=tuple(missing_metrics(trial, stored)))
        _, scores = restore_and_score(lacks, task, module, test, workspace)
        return with_scores(stored, lacks.metrics, scores, workspace.work)
    validation = degraded_set(data, "validation", trial.degradation, workspace.cache)
    training, time, notes = _make(trial, task, images, validation, workspace.work)
    module = load_module(trial.model, task, trial.seed, workspace.work).to(workspace.torch_device)  # what is stored
    record = measure(trial, task, module, test, workspace)
    return structs.replace(
        record,
        data=_data_facts(data, test),
        training=training,
        model=structs.replace(record.model, notes=[*record.model.notes, *notes]),
        timing=structs.replace(record.timing, training=time),
    )


def _data_facts(data: PreparedDataset, test: DegradedSet) -> DataFacts:
    counts = data.counts()
    unchanged = counts["test"] - len(test)
    skipped, persons = len(data.skipped), data.persons_in(test.ids)
    return DataFacts(**counts, unchanged=unchanged, skipped=skipped, test_set=test.digest, persons=persons)


def _make(
    trial: Trial, task: Task, data: TrainingSet, validation: DegradedSet, work: Path
) -> tuple[TrainingFacts, TrainingTime | None, list[str]]:
    """Train the model where it needs training, fit it where it has something to fit, and store its weights.

    Returns what the result tells of it: facts of the training, its time and memory, notes.
    """
    import torch

    from ..devices import peak_memory
    from ..training.compile import eager

    with peak_memory(data.device) as peak:
        module, training, notes = _train(trial, task, data, validation, work)
    with torch.no_grad(), eager(trial.compiled):
        trial.model.fit(module, data.in_order(trial.seed))
    save_tensors(work / store.WEIGHTS, dict(module.state_dict()))
    if not training:
        return TrainingFacts(), None, notes
    time = TrainingTime(seconds=history.read(work)[-1]["seconds"], peak_bytes=peak.bytes)
    return TrainingFacts(**training), time, notes


def _train(
    trial: Trial, task: Task, data: TrainingSet, validation: DegradedSet, work: Path
) -> tuple[nn.Module, dict[str, Any], list[str]]:
    """Return the module, trained where it needs training, on the device and in eval mode; facts of the training; notes.

    Where memory does not suffice, the training starts anew with half the batch, down to single images.
    """
    from ..evaluation.trained import build_module
    from ..training.trainer import Trainer

    recipe = trial.model.recipe
    if recipe is None:
        return build_module(trial.model, task, trial.seed).to(data.device).eval(), {}, []
    wanted = batch = min(recipe.batch, len(data))
    while True:
        try:
            trained = _run(Trainer(trial, build_module(trial.model, task, trial.seed), data, validation, batch), work)
        except Exception as error:
            if batch == 1 or not _is_out_of_memory(error):
                raise
            print(f"batches of {batch} do not fit into memory: {one_line(error)}")
        else:
            halved = f"trained with batches of {batch}: {wanted} images did not fit into memory"
            return trained.module, trained.facts, [halved] if batch < wanted else []
        batch //= 2  # outside of the handler, whose traceback keeps the tensors alive
        _free_memory(data.device)


def _run(trainer: Trainer, work: Path) -> Trained:
    """Train, telling the parent of it, and write the history and the film strip."""
    from ..training.filmstrip import write_strip

    told = 0

    def report(progress: Mapping[str, float], history: Sequence[Mapping[str, float]]) -> None:
        nonlocal told
        for number in range(told, len(history)):
            tell(history[number], number)
        told = len(history)
        tell(progress)

    halved = trainer.batch < min(trainer.recipe.batch, len(trainer.data))
    checkpoint = work / CHECKPOINTS.replace("*", f"-{trainer.batch}" if halved else "")
    trained = trainer.run(checkpoint, report)
    history.write(work, trained.history)
    write_strip(work / store.STRIP, trainer.validation, trained.frames)
    return trained


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
