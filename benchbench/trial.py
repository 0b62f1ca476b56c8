"""One trial: a data set, a degradation, a model and a seed, from prepared data to a stored result."""

from __future__ import annotations

import os
import pickle
import platform
import shutil
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import __version__, protocol, specs, store
from .budget import Budget
from .files import digest, load_tensors, save_tensors, write_json
from .interfaces import Degradation, Metric, Model
from .sources import source_digest

if TYPE_CHECKING:
    import torch
    from torch import nn

    from .degrading import Pairs
    from .interfaces import Task
    from .training import TrainingSet

PROGRESS, CHECKPOINT = "progress.json", "checkpoint.safetensors"
SAMPLE_COUNT = 8


@dataclass(frozen=True)
class Trial:
    """All that determines a result. Models that need no training have neither seed nor budget."""

    data: Path
    """The prepared data set's folder in the cache."""
    dataset: str
    """Its label."""
    fingerprint: str
    size: int
    degradation: Degradation
    model: Model
    seed: int | None
    budget: Budget | None
    origin: Mapping[str, Any] = field(default_factory=dict)
    """Who brought the components: kind -> {plugin, distribution, version}."""

    @cached_property
    def key(self) -> str:
        """Digest of all that determines the result, the sources of the components included, and of nothing else."""
        return digest(
            f"protocol {protocol.VERSION}",
            self.fingerprint,
            self.size,
            *(part for c in (self.degradation, self.model) for part in (full_spec(c), source_digest(c))),
            self.seed,
            self.budget.canonical if self.budget else None,
        )

    def folder(self, out: Path) -> Path:
        """Where the result belongs under `out`."""
        return (
            out / store.slug(self.dataset) / store.slug(str(self.degradation)) / store.slug(str(self.model)) / self.key
        )

    def describe(self) -> dict[str, Any]:
        """The trial in plain values, as results and hooks show it."""
        return {
            "dataset": self.dataset,
            "fingerprint": self.fingerprint,
            "size": self.size,
            "degradation": str(self.degradation),
            "degradation_digest": source_digest(self.degradation),
            "model": str(self.model),
            "seed": self.seed,
            "budget": self.budget.canonical if self.budget else None,
            "key": self.key,
        }


def full_spec(component: Any) -> str:
    """The spec with every default spelt out: a changed default is another component."""
    parts = getattr(component, "parts", (component,))
    return "+".join(specs.format_spec(part, defaults=True) for part in parts)


def metric_digests(metrics: list[Metric]) -> dict[str, str]:
    """Metric -> digest of its parameters and source."""
    return {str(m): digest(full_spec(m), source_digest(m)) for m in metrics}


# ── in the trial's own process ───────────────────────────────────────────────────────────────────────────────────────


def run_packed(packed: bytes, out: Path, cache: Path, device_name: str, threads: int) -> dict[str, Any]:
    """`run` of a pickled (trial, metrics): raises whatever importing the components raises."""
    trial, metrics = pickle.loads(packed)
    return run(trial, metrics, out, cache, device_name, threads)


def run(trial: Trial, metrics: list[Metric], out: Path, cache: Path, device_name: str, threads: int) -> dict[str, Any]:
    """Train (or load) and evaluate, store the result, and return its content. Plugin errors become failed results."""
    final = trial.folder(out)
    work = store.work_folder(final)
    if finished := store.finish(work, final):  # a run was killed between its last write and the renaming
        return finished.content
    work.mkdir(parents=True, exist_ok=True)
    _log_to(work / store.LOG)
    try:
        content = _run(trial, metrics, final, work, cache, set_up(device_name, threads))
    except BaseException as error:  # SystemExit and KeyboardInterrupt are the plugin's here: the parent keeps Ctrl-C
        traceback.print_exc()
        content = outcome(trial, "failed", f"{type(error).__name__}: {error}".splitlines()[0][:500])
    sys.stdout.flush()
    sys.stderr.flush()
    for leftover in (CHECKPOINT, PROGRESS):
        (work / leftover).unlink(missing_ok=True)
    return store.publish(work, final, content).content


def _log_to(path: Path) -> None:
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


def outcome(trial: Trial, status: str, reason: str | None = None, **facts: Any) -> dict[str, Any]:
    """A result's content."""
    return {
        "schema": store.SCHEMA,
        "key": trial.key,
        "status": status,
        "reason": reason,
        "trial": trial.describe(),
        "protocol": protocol.SETTINGS,
        "origin": dict(trial.origin),
        "environment": environment(),
        "finished_at": datetime.now(UTC).isoformat(),
        **facts,
    }


def environment() -> dict[str, Any]:
    """Versions and hardware that a result was made with; nothing that names a person or a machine."""
    libraries = {}
    for name in ("torch", "torchvision", "numpy", "pillow", "scikit-image", "scipy", "piq"):
        try:
            libraries[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "benchbench": __version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "libraries": libraries,
    }


def _hardware(device: torch.device) -> dict[str, Any]:
    import torch

    from .training import has_bf16

    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine() + " CPU"
    return {
        "device": device.type,
        "device_name": name,
        "threads": torch.get_num_threads(),
        "training_precision": "bf16 autocast" if has_bf16(device) else "float32",
    }


def _run(
    trial: Trial, metrics: list[Metric], final: Path, work: Path, cache: Path, device: torch.device
) -> dict[str, Any]:
    import torch

    from .data import load
    from .degrading import degraded_set, needs_masks
    from .interfaces import Task
    from .seeding import derive
    from .training import TrainingSet

    portraits = load(trial.data)
    if portraits.masks is None and needs_masks(trial.degradation):
        return outcome(trial, "skipped", f"{trial.degradation} needs face masks, which {trial.dataset} lacks")
    data = TrainingSet(portraits, trial.degradation, device)
    mean, std = data.statistics()
    task = Task(trial.size, trial.degradation, 3, mean, std)
    if reason := trial.model.unavailable(task):
        return outcome(trial, "skipped", reason)
    torch.manual_seed(derive(trial.seed, "weights"))
    module = trial.model.build(task)
    facts = _take_over(final, work, module)
    if facts is None:
        facts = {"data": portraits.counts() | {"skipped": len(portraits.skipped)}}
        if trial.model.recipe is not None:
            validation = degraded_set(portraits, "validation", trial.degradation, cache)
            module, facts["training"] = _train(trial, module, data, validation, work)
        module = module.to(device).eval()
        with torch.no_grad():
            trial.model.fit(module, data.once(trial.seed))
        save_tensors(work / store.WEIGHTS, dict(module.state_dict()))
    test = degraded_set(portraits, "test", trial.degradation, cache)
    return outcome(trial, "scored", **facts, **_evaluate(trial, metrics, task, module, test, device, work))


def _take_over(final: Path, work: Path, module: nn.Module) -> dict[str, Any] | None:
    """Weights, history and facts of a stored result that only lacks metrics; None where training has to be done."""
    try:
        stored = store.read(final)
    except store.DamagedResult:
        return None
    if stored.status != "scored":
        return None
    for name in (store.WEIGHTS, store.HISTORY):
        if (final / name).exists():
            shutil.copyfile(final / name, work / name)
    module.load_state_dict(load_tensors(final / store.WEIGHTS))
    return {name: stored.content[name] for name in ("data", "training") if name in stored.content}


def _train(
    trial: Trial, module: nn.Module, data: TrainingSet, validation: Pairs, work: Path
) -> tuple[nn.Module, dict[str, Any]]:
    from .training import Trainer

    if trial.budget is None or trial.seed is None:
        raise TypeError(f"{trial.model} needs training, so its trial needs a budget and a seed")

    written = 0

    def report(progress: Mapping[str, float], history: Sequence[Mapping[str, float]]) -> None:
        nonlocal written
        if len(history) > written:
            store.write_history(work, history)
            written = len(history)
        write_json(work / PROGRESS, progress)

    trainer = Trainer(trial.model, module, data, validation, trial.budget, trial.seed, work / CHECKPOINT, report)
    trained = trainer.run()
    store.write_history(work, trained.history)
    return trained.module, trained.facts


def _evaluate(
    trial: Trial, metrics: list[Metric], task: Task, module: nn.Module, test: Pairs, device: torch.device, work: Path
) -> dict[str, Any]:
    from .evaluation import means, restore, score, time_inference
    from .samples import write_samples

    module = module.to(device).eval()
    restored = restore(trial.model, module, test, device)
    scores = score(restored.images, test, metrics, task, device)
    scores.table.to_parquet(work / store.SCORES)
    write_samples(work / store.SAMPLES, test, restored.images, SAMPLE_COUNT)
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
    }


def _rate(sizes: Sequence[int] | None, task: Task) -> dict[str, float] | None:
    """What a codec needs to store an image, in real bytes and in bits per pixel: means over the test set."""
    if not sizes:
        return None
    mean = sum(sizes) / len(sizes)
    return {"bytes": mean, "bits_per_pixel": 8 * mean / task.size**2}


def _metric_facts(metrics: list[Metric], unavailable: Mapping[str, str]) -> dict[str, Any]:
    digests, facts = metric_digests(metrics), {}
    for metric in metrics:
        try:
            library = f"{metric.library} {version(metric.library)}" if metric.library else ""
        except PackageNotFoundError:
            library = metric.library
        facts[str(metric)] = {
            "settings": full_spec(metric),
            "higher_is_better": metric.higher_is_better,
            "unit": metric.unit,
            "digits": metric.digits,
            "order": metric.order,
            "library": library,
            "digest": digests[str(metric)],
            "unavailable": unavailable.get(str(metric)),
        }
    return facts
