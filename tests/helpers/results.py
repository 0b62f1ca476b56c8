"""Stored results as trials leave them, with made-up scores, for tests of whatever reads them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from benchbench import protocol
from benchbench.results import scores as tables
from benchbench.results import store
from benchbench.results.layout import slug
from benchbench.results.parsing import parse
from benchbench.results.record import TrialFacts
from benchbench.results.trial import key_of


def metric(
    higher: bool = True,
    order: int = 10,
    digits: int = 2,
    unit: str = "",
    unavailable: str | None = None,
    of_set: bool = False,
) -> dict[str, Any]:
    """What a result tells of a metric."""
    return {
        "of_set": of_set,
        "settings": "", "higher_is_better": higher, "unit": unit, "digits": digits, "order": order,
        "library": "", "digest": "d", "unavailable": unavailable,
    }  # fmt: skip


IMAGES = 40
FLOPS = 5e12  # the only rung of each training
STEPS = {"steps": 9, "images": 72}
METRICS = {"peak": metric(unit="dB"), "mean-error": metric(higher=False, order=20, digits=4)}


def trial(**changes: Any) -> dict[str, Any]:
    """A trial in plain values, and its key."""
    described = {
        "dataset": "toy-faces", "fingerprint": "f00d", "size": 16, "degradation": "darken",
        "degradation_digest": "d", "model": "tiny-conv", "model_digest": "m",
        "seed": 0, "training": "any-time", "threads": 1, **changes,
    }  # fmt: skip
    return {**described, "key": key_of(msgspec.convert(described, TrialFacts), protocol.VERSION)}


def scores_in(folder: Path) -> pd.DataFrame:
    """The scores of a result at its last rung."""
    return list(tables.read(folder / store.SCORES).values())[-1]


def write_scores(folder: Path, table: pd.DataFrame) -> None:
    """Replace the scores of a result, which has one rung at most."""
    path = folder / store.SCORES
    rung = max(tables.read(path)) if path.exists() else tables.NO_RUNG
    tables.write(path, {rung: table})


def write(out: Path, scores: Mapping[str, float] | None = None, **facts: Any) -> Path:
    """Publish a result with these mean scores and return its folder; see `publish`. The other facts are its trial's."""
    known = inspect.signature(publish).parameters
    described = trial(**{name: value for name, value in facts.items() if name not in known})
    folders = (slug(str(described[name])) for name in ("dataset", "degradation", "model"))
    final = out.joinpath(
        *folders, key_of(msgspec.convert(described, TrialFacts), facts.get("version", protocol.VERSION))
    )
    return publish(final, described, scores, **{name: value for name, value in facts.items() if name in known})


def publish(
    final: Path,
    described: Mapping[str, Any],
    scores: Mapping[str, float] | None = None,
    *,
    status: str = "scored",
    reason: str | None = None,
    role: str = "",
    sees: Sequence[str] = (),
    metrics: Mapping[str, Any] = METRICS,
    version: int = protocol.VERSION,
    samples: bytes | None = None,
    plugin: str = "toys",
    finished_at: str = "2026-01-01T00:00:00+00:00",
    noise: float = 1e-3,
    signs: Sequence[int] = (1, -1),
    test_set: str | None = None,
    persons: Sequence[int] = (),
    parameters: int = 84,
    macs: int | None = None,
    rate: Mapping[str, float] | None = None,
    timing: Mapping[str, Any] | None = None,
    rungs: Mapping[float, Mapping[str, float]] | None = None,
    tuning: Mapping[str, Any] | None = None,
    sets: Mapping[str, tuple[float, float]] | None = None,
) -> Path:
    """Publish a result of the trial that is described; returns its folder.

    `rungs` are mean scores at each rung (by FLOPs, rising); by default there is one, with `scores`.
    `sets` are scores of the whole set at the last one, and their standard errors.
    """
    trained = described["training"] is not None
    rungs = rungs or {FLOPS if trained else tables.NO_RUNG: {"peak": 20.0} if scores is None else scores}
    work = store.work_folder(final)
    work.mkdir(parents=True)
    (work / store.LOG).write_text("a log", encoding="utf-8")
    scores = rungs[max(rungs)]
    if status == "scored":
        spread = noise * np.resize(signs, IMAGES)
        tables.write(work / store.SCORES, {flops: image_scores(means, spread) for flops, means in rungs.items()})
    if samples is not None:
        (work / store.SAMPLES).write_bytes(samples)
    origin = [{"plugin": plugin, "distribution": plugin, "version": "1.0"}]
    content: dict[str, Any] = {
        "schema": store.SCHEMA, "key": final.name, "status": status, "reason": reason, "trial": dict(described),
        "finished_at": finished_at,
        "protocol": {**protocol.SETTINGS, "version": version},
        "origin": {"degradation": origin, "model": origin},
        "environment": {"libraries": {"torch": "2.6"}},
    }  # fmt: skip
    if status == "scored":
        content |= _scored(described, scores, role, sees, metrics)
        content["data"] |= {"test_set": test_set} if test_set else {}
        content["data"] |= {"persons": list(persons)} if persons else {}
        content["rungs"] = [_rung(flops, means) for flops, means in rungs.items()] if trained else []
        content["training"] = content.get("training", {}) | (
            {"flops": max(rungs)} | _steps(max(rungs)) if trained else {}
        )
        content["training"] |= {"tuning": tuning} if tuning else {}
        of_sets = {name: {"value": value, "error": error, "n": IMAGES} for name, (value, error) in (sets or {}).items()}
        for part in (content, *content["rungs"][-1:]) if of_sets else ():
            part["set_scores"] = of_sets
        content["model"]["parameters"] = parameters if described["training"] is not None else 0
        content["model"] |= {} if macs is None else {"macs": macs}
        content["rate"] = rate
        content["timing"] |= timing or {}
    return store.publish(work, final, parse(content)).folder


def image_scores(means: Mapping[str, float], spread: np.ndarray) -> pd.DataFrame:
    """Scores of IMAGES test images: these means, and how far each image is from them."""
    return pd.DataFrame(
        {name: mean + spread for name, mean in means.items()},
        index=pd.Index([f"i{i}" for i in range(IMAGES)], name="id"),
    ).astype(float)


def _scored(
    described: Mapping[str, Any],
    scores: Mapping[str, float],
    role: str,
    sees: Sequence[str],
    metrics: Mapping[str, Any],
) -> dict[str, Any]:
    trained = described["training"] is not None
    return {
        "data": {"train": 31, "validation": 4, "test": IMAGES, "skipped": 0},
        **({"training": STEPS | {"flops": FLOPS, "epochs": 3.0, "flops_per_image": FLOPS / 72, "batch": 8}} if trained else {}),
        "model": {"role": role, "sees": list(sees), "trained": trained},
        "metrics": dict(metrics),
        "scores": _means(scores),
        "timing": {
            "ms_per_image": {"batch_1": 1.0}, "device": "cpu", "device_name": "a CPU", "threads": 1,
            "training_precision": "float32",
        },
    }  # fmt: skip


def _means(scores: Mapping[str, float]) -> dict[str, dict[str, float]]:
    return {name: {"mean": mean, "std": 0.0, "n": IMAGES} for name, mean in scores.items()}


def _steps(flops: float) -> dict[str, int]:
    return {name: max(1, round(count * flops / FLOPS)) for name, count in STEPS.items()}


def _rung(flops: float, scores: Mapping[str, float]) -> dict[str, Any]:
    facts = _steps(flops) | {"flops": flops, "seconds": flops / FLOPS, "validation_psnr": 20.0}
    return facts | {"scores": _means(scores)}
