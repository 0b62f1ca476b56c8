"""Choose the best trained model that the runs hold."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

from ..contracts.degradation import Degradation
from ..contracts.digests import component_digest
from ..contracts.model import REFERENCES, Task
from ..errors import BenchbenchError, SpecError
from ..evaluation.trained import load_module
from ..registry.registry import Registry
from ..results import store
from ..results.record import TrialFacts
from ..results.store import Result
from .restorer import Restorer

UNTRAINED = "without a validation score, as it is not trained"


@dataclass(frozen=True)
class Wanted:
    """What a model is chosen by."""

    degradation: Degradation
    model: str = "all"
    """Its spec; `all` takes the best of any."""
    dataset: str | None = None
    """The data set's label on boards; any if None."""
    size: int | None = None
    """Pixels; any if None."""


def best_trained(registry: Registry, out: Path, wanted: Wanted) -> Restorer:
    """Load the result under `out` that validated best on the images it was trained on.

    Scores on different images cannot be compared, so all candidates have one data set and one size. What is not trained
    has no validation score, and is taken only where nothing trained can be had. Raises BenchbenchError where there are
    several and none is named, or no result, naming the command that makes one.
    """
    results = [r for _, r in store.find(out) if isinstance(r, Result) and _fits(r, wanted)]
    groups = sorted({(r.record.trial.dataset, r.record.trial.size) for r in results})
    if len(groups) > 1:
        known = "; ".join(f"--dataset {dataset} --size {size}" for dataset, size in groups)
        raise BenchbenchError(f"models for {wanted.degradation} were trained on different images, choose: {known}")
    ordered = sorted(results, key=lambda r: (_validation_psnr(r), r.record.key), reverse=True)
    for result in ordered:
        if restorer := restorer_of(registry, result):
            others = tuple(f"{r.record.trial.model} {_validated(r)}" for r in ordered if r is not result)
            return replace(restorer, others=others)
    command = f"benchbench run --degrade {wanted.degradation} --model {wanted.model}"
    command += f" --dataset {wanted.dataset}" * bool(wanted.dataset) + f" --size {wanted.size}" * bool(wanted.size)
    if results:
        raise BenchbenchError(f"{ordered[0].folder}: {cannot_be_made(ordered[0].record.trial)}: `{command}`")
    raise BenchbenchError(f"no trained result for {wanted.degradation} under {out}: `{command}` makes one")


def restorer_of(registry: Registry, result: Result) -> Restorer | None:
    """Load a result's model; None where it cannot be made again, as a component is not here, or has changed since.

    Raises BenchbenchError where the result has no weights, or they fit no more, as a library has changed.
    """
    record, trial = result.record, result.record.trial
    try:
        model, degradation = registry.resolve("model", trial.model), registry.resolve("degradation", trial.degradation)
    except SpecError:  # a network that was given from Python, or a plugin that has gone
        return None
    made_by = trial.model_digest, trial.degradation_digest
    if made_by != (component_digest(model), component_digest(degradation)):
        return None
    task = Task(trial.size, degradation, 3, tuple(record.task.mean), tuple(record.task.std))
    try:
        module = load_module(model, task, trial.seed, result.folder)
    except OSError as error:
        raise BenchbenchError(f"{result.folder} holds no weights of {model}: remove it, and run it again") from error
    except RuntimeError as error:
        raise BenchbenchError(f"{result.folder} does not fit {model} any more: remove it, and run it again") from error
    images = f"on the validation images of {trial.dataset}, {trial.size} px"
    score = f"{_validated(result)} {images}" if model.recipe else UNTRAINED
    return Restorer(result, model, task, module, score)


def cannot_be_made(trial: TrialFacts) -> str:
    """Say why a result's model cannot be loaded, and the way out."""
    return (
        f"{trial.model} or {trial.degradation} is not known here, or has changed since: run it again, with its plugin "
        "or (by bb.run or bb.rank) the same network; what has not changed is not trained again"
    )


def _fits(result: Result, wanted: Wanted) -> bool:
    record, trial = result.record, result.record.trial
    return (
        record.status == "scored"
        and trial.degradation == str(wanted.degradation)
        and wanted.model in ("all", trial.model)
        and wanted.dataset in (None, trial.dataset)
        and wanted.size in (None, trial.size)
        and record.model.role not in REFERENCES
        and "truth" not in record.model.sees
        and (result.folder / store.WEIGHTS).is_file()  # a light result, for boards only, has none
    )


def _validation_psnr(result: Result) -> float:
    """The PSNR in dB on the validation images of the weights that are stored; -inf where none was computed."""
    rungs = result.record.rungs
    return rungs[-1].validation_psnr if rungs else -math.inf


def _validated(result: Result) -> str:
    psnr = _validation_psnr(result)
    return UNTRAINED if psnr == -math.inf else f"{psnr:.2f} dB"
