"""A trial at work, in a process of its own: train, or load what is trained; evaluate; store the result."""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import platform
import shutil
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from filelock import FileLock

from . import store
from .errors import TrialError, one_line
from .files import load_tensors, save_tensors
from .interfaces import Metric
from .store import DamagedResult, Result
from .trial import Trial, full_spec, library_version, metric_digest, missing_metrics, outcome

if TYPE_CHECKING:
    import torch
    from torch import nn

    from .batches import TrainingSet
    from .data import Portraits
    from .degrading import Pairs
    from .interfaces import Task

PROGRESS, CHECKPOINT = "progress.json", "checkpoint.safetensors"
LOCKS = ".locks"
SAMPLE_COUNT = 8
WORST_COUNT = 4
RESTORED = "restored"


def run_packed(packed: bytes, out: Path, cache: Path, device_name: str, predictions: bool) -> dict[str, Any]:
    """`run` of a pickled (trial, metrics): raises whatever importing the components raises."""
    trial, metrics = pickle.loads(packed)
    return run(trial, metrics, out, cache, device_name, predictions)


def run(
    trial: Trial, metrics: Sequence[Metric], out: Path, cache: Path, device_name: str, predictions: bool = False
) -> dict[str, Any]:
    """Perform the trial, store the result, and return its content. What a plugin raises becomes a failed result.

    With `predictions`, the restored test images are kept, so that others can score them again.
    """
    final = trial.folder(out)
    work = store.work_folder(final)
    (out / LOCKS).mkdir(parents=True, exist_ok=True)
    with FileLock(out / LOCKS / trial.key):  # another run in the same folder may be at the same trial
        if finished := store.finish(work, final):  # killed between its last write and the renaming
            return finished.content
        stored = stored_result(final)
        if stored and not missing_metrics(trial, stored, metrics) and stored.keeps(predictions):
            return stored.content
        if stored and not (final / store.WEIGHTS).is_file():  # a light one, for reading only
            stored = None
        work.mkdir(parents=True, exist_ok=True)
        log_to(work / store.LOG)
        try:
            content = _perform(trial, metrics, stored, work, cache, set_up(device_name, trial.threads), predictions)
        except BaseException as error:  # SystemExit and KeyboardInterrupt are the plugin's: the parent keeps Ctrl-C
            traceback.print_exc()
            content = outcome(trial, "failed", one_line(error))
        sys.stdout.flush()
        sys.stderr.flush()
        for leftover in (CHECKPOINT, PROGRESS):
            (work / leftover).unlink(missing_ok=True)
        return store.publish(work, final, content).content


def stored_result(final: Path) -> Result | None:
    """The scored result in a folder, if there is a whole one."""
    try:
        result = store.read(final)
    except DamagedResult:
        return None
    return result if result.status == "scored" else None


def log_to(path: Path) -> None:
    """Send everything that this process and its libraries print to the trial's log."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(handle, stream)
    os.close(handle)


def set_up(device_name: str, threads: int) -> torch.device:
    """The device of that name (`auto`: a GPU if there is one); on a CPU only deterministic algorithms are used."""
    import torch

    if device_name == "auto":
        device_name = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(device_name)
    if device.type == "cpu":
        torch.set_num_threads(threads)
        if threads > 1:  # a single thread is deterministic by itself, and this takes two seconds to import
            torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
            torch.use_deterministic_algorithms(True, warn_only=True)
    return device


def _hardware(device: torch.device) -> dict[str, Any]:
    import torch

    from .precision import has_bf16

    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine() + " CPU"
    return {
        "device": device.type,
        "device_name": name,
        "threads": torch.get_num_threads(),
        "training_precision": "bf16 autocast" if has_bf16(device) else "float32",
    }


def _perform(
    trial: Trial,
    metrics: Sequence[Metric],
    stored: Result | None,
    work: Path,
    cache: Path,
    device: torch.device,
    predictions: bool,
) -> dict[str, Any]:
    import torch

    from .batches import TrainingSet
    from .data import load
    from .degrading import degraded_set, needs_masks
    from .interfaces import Task
    from .seeding import derive

    if dataclasses.replace(trial).key != trial.key:  # computed anew, from the sources as they are now
        raise TrialError("the source of a component changed during the run; run again")
    portraits = load(trial.data)
    if portraits.masks is None and needs_masks(trial.degradation):
        lacking = f"{trial.degradation} needs face masks, which {trial.dataset} lacks"
        return outcome(trial, "skipped", lacking, skipped_by="data")
    data = TrainingSet(portraits, trial.degradation, device)
    mean, std = data.statistics()
    task = Task(trial.size, trial.degradation, 3, mean, std)
    reason = trial.model.unavailable(task)
    if not (reason is None or isinstance(reason, str)):
        raise TrialError(f"{trial.model.name}.unavailable must return a reason or None, not {reason!r}")
    if reason:
        return outcome(trial, "skipped", reason, skipped_by="model")
    test = degraded_set(portraits, "test", trial.degradation, cache)
    torch.manual_seed(derive(trial.seed, "weights"))
    module = trial.model.build(task)
    if not isinstance(module, torch.nn.Module):
        raise TrialError(f"{trial.model.name}.build must return a torch.nn.Module, not {type(module).__name__}")
    if stored:
        module.load_state_dict(load_tensors(stored.folder / store.WEIGHTS))
        return _score_more(trial, metrics, stored, task, module.to(device).eval(), test, device, work, predictions)
    module, training = _train(trial, module, data, portraits, work, cache)
    with torch.no_grad():
        trial.model.fit(module, data.once(trial.seed))
    save_tensors(work / store.WEIGHTS, dict(module.state_dict()))
    seen = portraits.counts() | {"skipped": len(portraits.skipped), "test_set": test.digest}
    scored = _evaluate(trial, metrics, task, module, test, device, work, predictions)
    return outcome(trial, "scored", data=seen, training=training, **scored)


def _train(
    trial: Trial, module: nn.Module, data: TrainingSet, portraits: Portraits, work: Path, cache: Path
) -> tuple[nn.Module, dict[str, Any]]:
    """The module, trained where it needs training, on the device and in eval mode; and the facts of the training."""
    from .degrading import degraded_set
    from .strip import write_strip
    from .training import Trainer

    if trial.model.recipe is None:
        return module.to(data.device).eval(), {}
    if trial.budget is None or trial.seed is None:
        raise TypeError(f"{trial.model} needs training, so its trial needs a budget and a seed")
    written = 0

    def report(progress: Mapping[str, float], history: Sequence[Mapping[str, float]]) -> None:
        nonlocal written
        if len(history) > written:
            store.write_history(work, history)
            written = len(history)
        (work / PROGRESS).write_text(json.dumps(progress))  # read while it is written, so the reader forgives

    validation = degraded_set(portraits, "validation", trial.degradation, cache)
    own = trial.budget, trial.seed, work / CHECKPOINT, report, trial.watch_gradients
    trained = Trainer(trial.model, module, data, validation, *own).run()
    store.write_history(work, trained.history)
    write_strip(work / store.STRIP, validation, trained.frames)
    return trained.module, trained.facts


def _evaluate(
    trial: Trial,
    metrics: Sequence[Metric],
    task: Task,
    module: nn.Module,
    test: Pairs,
    device: torch.device,
    work: Path,
    predictions: bool,
) -> dict[str, Any]:
    from .evaluation import means, restore, score, time_inference
    from .histograms import write_histograms
    from .samples import write_samples

    restored = restore(trial.model, module, test, device)
    scores = score(restored.images, test, metrics, task, device)
    store.write_scores(work, scores.table)
    _keep(restored.images, work, predictions)
    write_samples(work / store.SAMPLES, test, restored.images, range(min(SAMPLE_COUNT, len(test))))
    write_histograms(work / store.HISTOGRAMS, test, restored.images)
    worst = _worst(scores.table, metrics)
    if worst:
        write_samples(work / store.WORST, test, restored.images, worst)
    return {
        "model": {
            "parameters": trial.model.count_parameters(module),
            "role": trial.model.role,
            "sees": list(trial.model.sees),
            "trained": trial.model.recipe is not None,
            "notes": list(trial.model.notes(task)),
        },
        "task": {"mean": list(task.mean), "std": list(task.std)},
        "rate": _rate(restored.sizes, task),
        "metrics": _metric_facts(metrics, scores.unavailable),
        "scores": means(scores.table),
        "timing": {"ms_per_image": time_inference(trial.model, module, test, device), **_hardware(device)},
        "worst": [test.ids[position] for position in worst],
    }


def _worst(scores: pd.DataFrame, metrics: Sequence[Metric]) -> list[int]:
    """Positions of the images that the model did worst on, worst first, by the metric that ranks boards."""
    known = [metric for metric in metrics if str(metric) in scores and not metric.signed]
    if not known:
        return []
    first = min(known, key=lambda metric: (not metric.ranks, metric.order, str(metric)))
    values = scores[str(first)].reset_index(drop=True)
    return [int(i) for i in values.sort_values(ascending=first.higher_is_better, kind="stable").index[:WORST_COUNT]]


def _score_more(
    trial: Trial,
    metrics: Sequence[Metric],
    stored: Result,
    task: Task,
    module: nn.Module,
    test: Pairs,
    device: torch.device,
    work: Path,
    predictions: bool,
) -> dict[str, Any]:
    """The stored result with the scores that it lacks; all else, and where it was trained, stays as it is."""
    from .evaluation import means, restore, score

    missing = missing_metrics(trial, stored, metrics)
    restored = restore(trial.model, module, test, device)
    fresh = score(restored.images, test, missing, task, device)
    known = store.read_scores(stored.folder)
    kept = known.drop(columns=[c for m in missing for c in known if c == str(m) or c.startswith(f"{m}@")])
    table = pd.concat([kept, fresh.table], axis=1)
    store.write_scores(work, table)
    for name in set(store.SUMMED) - {store.SCORES}:
        if (stored.folder / name).exists():
            shutil.copyfile(stored.folder / name, work / name)
    _keep(restored.images, work, predictions)
    return stored.content | {
        "metrics": stored.content["metrics"] | _metric_facts(missing, fresh.unavailable),
        "scores": means(table),
        "finished_at": outcome(trial, "scored")["finished_at"],
    }


def _keep(restored: torch.Tensor, work: Path, predictions: bool) -> None:
    if predictions:
        save_tensors(work / store.PREDICTIONS, {RESTORED: restored})


def _rate(sizes: Sequence[int] | None, task: Task) -> dict[str, float] | None:
    """What a codec needs to store an image, in real bytes and in bits per pixel: means over the test set."""
    if not sizes:
        return None
    mean = sum(sizes) / len(sizes)
    return {"bytes": mean, "bits_per_pixel": 8 * mean / task.size**2}


def _metric_facts(metrics: Sequence[Metric], unavailable: Mapping[str, str]) -> dict[str, Any]:
    facts = {}
    for metric in metrics:
        facts[str(metric)] = {
            "settings": full_spec(metric),
            "higher_is_better": metric.higher_is_better,
            "signed": metric.signed,
            "unit": metric.unit,
            "digits": metric.digits,
            "order": metric.order,
            "ranks": metric.ranks,
            "library": library_version(metric.library) if metric.library else "",
            "digest": metric_digest(metric),
            "unavailable": unavailable.get(str(metric)),
        }
    return facts
