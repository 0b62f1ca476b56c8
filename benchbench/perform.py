"""A trial at work: train, or load what is trained; restore; score."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import store
from .errors import SpecError, TrialError, one_line
from .files import load_tensors, save_tensors
from .interfaces import Metric
from .scoring import evaluate, score_more
from .store import Result
from .trial import Trial, outcome

if TYPE_CHECKING:
    import torch
    from torch import nn

    from .batches import TrainingSet
    from .degrading import Pairs
    from .interfaces import Task
    from .training import Trained

PROGRESS = "progress.json"
CHECKPOINTS = "checkpoint*.safetensors"


def set_up(device_name: str, threads: int) -> torch.device:
    """The device of that name (`auto`: a GPU if there is one); on a CPU only deterministic algorithms are used."""
    import torch

    device = torch.device(resolved(device_name))
    if device.type == "cpu":
        torch.set_num_threads(threads)
        if threads > 1:  # a single thread is deterministic by itself, and this takes two seconds to import
            torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
            torch.use_deterministic_algorithms(True, warn_only=True)
    else:  # where float32 is asked for, scores above all, it is not to be TensorFloat-32; training has its bf16
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    return device


def resolved(device_name: str) -> str:
    """The device's name, on this machine, where it is `auto`."""
    import torch

    return device_name if device_name != "auto" else "cuda" if torch.cuda.is_available() else "cpu"


def check_device(name: str) -> None:
    """Raises SpecError for a device that torch does not know or that is not there."""
    import torch

    if name == "auto":
        return
    try:
        device = torch.device(name)
        if device.type == "cuda":  # counted, not used: this process would hold a part of its memory for good
            if (device.index or 0) >= (count := torch.cuda.device_count()):
                raise RuntimeError(f"torch finds {count} CUDA devices here")
        else:
            torch.empty(1, device="meta" if device.type == "cpu" else device)
    except (RuntimeError, AssertionError) as error:
        raise SpecError(f"device '{name}' cannot be used: {str(error).splitlines()[0]}; try cpu or auto") from error


def perform(
    trial: Trial, metrics: Sequence[Metric], stored: Result | None, work: Path, cache: Path, device: torch.device
) -> dict[str, Any]:
    """The content of the trial's result, whose files are left in the work folder. Raises what a plugin raises."""
    import torch

    from .batches import TrainingSet
    from .compiling import as_written
    from .data import load
    from .degrading import degraded_set, needs_masks
    from .interfaces import Task
    from .memory import peak_memory

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
        module = _stored(trial, task, stored.folder).to(device)
        return score_more(trial, metrics, stored, task, module, test, device, work)
    with peak_memory(device) as peak:
        module, training, notes = _train(trial, task, data, validation, work)
    with torch.no_grad(), as_written(trial.compiled):
        trial.model.fit(module, data.once(trial.seed))
    save_tensors(work / store.WEIGHTS, dict(module.state_dict()))
    module = _stored(trial, task, work).to(device)  # what is stored is what is scored
    seen = portraits.counts() | {"skipped": len(portraits.skipped), "test_set": test.digest}
    evaluated = evaluate(trial, metrics, task, module, test, device, work)
    evaluated["model"]["notes"] += notes
    if training:
        seconds = store.read_history(work)[-1]["seconds"]
        evaluated["timing"]["training"] = {"seconds": seconds, "peak_bytes": peak.bytes}
    return outcome(trial, "scored", data=seen, training=training, **evaluated)


def _build(trial: Trial, task: Task) -> nn.Module:
    import torch

    from .seeding import derive

    torch.manual_seed(derive(trial.seed, "weights"))
    module = trial.model.build(task)
    if not isinstance(module, torch.nn.Module):
        raise TrialError(f"{trial.model.name}.build must return a torch.nn.Module, not {type(module).__name__}")
    return module


def _stored(trial: Trial, task: Task, folder: Path) -> nn.Module:
    """A new module with the weights in a folder, in eval mode and laid out as training leaves it."""
    import torch

    module = _build(trial, task).eval()
    module.load_state_dict(load_tensors(folder / store.WEIGHTS))
    if trial.model.recipe is not None:
        module.to(memory_format=torch.channels_last)
    return module


def _train(
    trial: Trial, task: Task, data: TrainingSet, validation: Pairs, work: Path
) -> tuple[nn.Module, dict[str, Any], list[str]]:
    """The module, trained where it needs training, on the device and in eval mode; facts of the training; notes.

    Where memory does not suffice, the training starts anew with half the batch, down to single images.
    """
    recipe = trial.model.recipe
    if recipe is None:
        return _build(trial, task).to(data.device).eval(), {}, []
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


def _train_with(batch: int, trial: Trial, task: Task, data: TrainingSet, validation: Pairs, work: Path) -> Trained:
    from .strip import write_strip
    from .training import Trainer

    model, budget, seed = trial.model, trial.budget, trial.seed
    if model.recipe is None or budget is None or seed is None:
        raise TypeError(f"{model} needs training, so its trial needs a budget and a seed")
    written = 0

    def report(progress: Mapping[str, float], history: Sequence[Mapping[str, float]]) -> None:
        nonlocal written
        if len(history) > written:
            store.write_history(work, history)
            written = len(history)
        (work / PROGRESS).write_text(json.dumps(progress))  # read while it is written, so the reader forgives

    halved = batch < min(model.recipe.batch, len(data))
    checkpoint = work / CHECKPOINTS.replace("*", f"-{batch}" if halved else "")
    own = budget, seed, checkpoint, report, trial.watch_gradients, batch, trial.compiled
    trained = Trainer(model, _build(trial, task), data, validation, *own).run()
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
