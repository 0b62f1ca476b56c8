"""A trial at work: train, or load what is trained; restore; score."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contracts.metric import Metric
from ..errors import TrialError, one_line
from ..files import save_tensors
from ..results import store
from ..results.record import outcome
from ..results.store import Result
from ..results.trial import Trial
from .measure import measure, score_more

if TYPE_CHECKING:
    import torch
    from torch import nn

    from ..contracts.model import Task
    from ..data.batches import TrainingSet
    from ..data.degraded import DegradedSet
    from ..training.trainer import Trained

PROGRESS = "progress.json"
CHECKPOINTS = "checkpoint*.safetensors"


def execute(
    trial: Trial, metrics: Sequence[Metric], stored: Result | None, work: Path, cache: Path, device: torch.device
) -> dict[str, Any]:
    """The content of the trial's result, whose files are left in the work folder. Raises what a plugin raises."""
    import torch

    from ..contracts.applying import needs_masks
    from ..contracts.model import Task
    from ..data.batches import TrainingSet
    from ..data.degraded import degraded_set
    from ..data.prepared import load
    from ..devices import peak_memory
    from ..evaluation.trained import load_module
    from ..training.compile import eager

    portraits = load(trial.data)
    if portraits.masks is None and needs_masks(trial.degradation):
        lacking = f"{trial.degradation} needs face masks, which {trial.dataset} lacks"
        return outcome(trial, "skipped", lacking, skipped_by="data")
    test = degraded_set(portraits, "test", trial.degradation, cache)
    validation = degraded_set(portraits, "validation", trial.degradation, cache)
    data = TrainingSet(portraits, trial.degradation, device)
    mean, std = data.statistics()
    task = Task(trial.size, trial.degradation, 3, mean, std)
    reason = trial.model.unavailable(task)
    if not (reason is None or isinstance(reason, str)):
        raise TrialError(f"{trial.model.name}.unavailable must return a reason or None, not {reason!r}")
    if reason:
        return outcome(trial, "skipped", str(reason), skipped_by="model")
    if stored:
        module = load_module(trial.model, task, trial.seed, stored.folder).to(device)
        return score_more(trial, metrics, stored, task, module, test, device, work)
    with peak_memory(device) as peak:
        module, training, notes = _train(trial, task, data, validation, work)
    with torch.no_grad(), eager(trial.compiled):
        trial.model.fit(module, data.once(trial.seed))
    save_tensors(work / store.WEIGHTS, dict(module.state_dict()))
    module = load_module(trial.model, task, trial.seed, work).to(device)  # what is stored is what is scored
    seen = portraits.counts() | {"skipped": len(portraits.skipped), "test_set": test.digest}
    evaluated = measure(trial, metrics, task, module, test, device, work)
    evaluated["model"]["notes"] += notes
    if training:
        seconds = store.read_history(work)[-1]["seconds"]
        evaluated["timing"]["training"] = {"seconds": seconds, "peak_bytes": peak.bytes}
    return outcome(trial, "scored", data=seen, training=training, **evaluated)


def _train(
    trial: Trial, task: Task, data: TrainingSet, validation: DegradedSet, work: Path
) -> tuple[nn.Module, dict[str, Any], list[str]]:
    """The module, trained where it needs training, on the device and in eval mode; facts of the training; notes.

    Where memory does not suffice, the training starts anew with half the batch, down to single images.
    """
    from ..evaluation.trained import build_module

    recipe = trial.model.recipe
    if recipe is None:
        return build_module(trial.model, task, trial.seed).to(data.device).eval(), {}, []
    own = batch = min(recipe.batch, len(data))
    while True:
        try:
            trained = _train_with(batch, trial, task, data, validation, work)
        except Exception as error:
            if batch == 1 or not _is_out_of_memory(error):
                raise
            print(f"batches of {batch} do not fit into memory: {one_line(error)}")
        else:
            notes = [f"trained with batches of {batch}: {own} images did not fit into memory"] if batch < own else []
            return trained.module, trained.facts, notes
        batch //= 2  # outside of the handler, whose traceback keeps the tensors alive
        _free_memory(data.device)


def _train_with(
    batch: int, trial: Trial, task: Task, data: TrainingSet, validation: DegradedSet, work: Path
) -> Trained:
    from ..evaluation.trained import build_module
    from ..training.filmstrip import write_strip
    from ..training.trainer import Trainer

    written = 0

    def report(progress: Mapping[str, float], history: Sequence[Mapping[str, float]]) -> None:
        nonlocal written
        if len(history) > written:
            store.write_history(work, history)
            written = len(history)
        (work / PROGRESS).write_text(json.dumps(progress))  # read while it is written, so the reader forgives

    trainer = Trainer(trial, build_module(trial.model, task, trial.seed), data, validation, batch)
    halved = trainer.batch < min(trainer.recipe.batch, len(data))
    trained = trainer.run(work / CHECKPOINTS.replace("*", f"-{batch}" if halved else ""), report)
    store.write_history(work, trained.history)
    write_strip(work / store.STRIP, validation, trained.frames)
    return trained


def _is_out_of_memory(error: Exception) -> bool:
    """Whether torch, or Python, could not have the memory that it asked for; torch says so in several ways."""
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
