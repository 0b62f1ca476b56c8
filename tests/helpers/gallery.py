"""Sites, and results with pictures, per-image scores and histories, as a site shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import results
import torch

from benchbench.boards import collect
from benchbench.boards.site import write_site
from benchbench.data.degraded import DegradedSet
from benchbench.evaluation.pictures import write_samples
from benchbench.files import file_digest, write_json
from benchbench.results import store
from benchbench.results.history import write as write_history

SIZE = 16
SAMPLES = 4
WORST = (11, 10)  # scores fall with the number of an image
HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "<!-- hidden",
    "a|b||c", "\"'`", '" onmouseover="alert(1)', "' autofocus onfocus='alert(1)", "x" * 300, "\u202egnol", "a\u2028b",
    "{{ 7 * 7 }}", "{% raw %}", "&lt;b&gt; &copy;", "../../../etc/passwd", "javascript:alert(1)", "]]>", "\\", ".input",
    ".truth", "truth", "__proto__", "%2e%2e%2f", "a#b?c=d&e",
]  # fmt: skip
IMAGES = [f"face-{i:02}" for i in range(12)]
UNTRAINED: dict[str, Any] = {"training": None, "seed": None}


def truth() -> torch.Tensor:
    """uint8 `(12, 3, SIZE, SIZE)`: different in every image, channel and place."""
    return torch.from_numpy(np.random.default_rng(0).integers(60, 180, (len(IMAGES), 3, SIZE, SIZE), dtype=np.uint8))


def write(out: Path, score: float, error: int = 10, *, history: bool = True, **facts: Any) -> Path:
    """A result whose restored samples are all `error` levels too bright, and whose images score around `score`."""
    spread = np.linspace(1, -1, len(IMAGES)) * (1 + min(score, 50) / 50)
    table = pd.DataFrame({"peak": score + spread, "mean-error": error / 255 + 0 * spread})
    means = {name: float(values.mean()) for name, values in table.items()}
    folder = results.write(out, means, size=SIZE, **facts)
    pairs = DegradedSet(IMAGES, truth(), truth() - 40, None, None, {})
    write_samples(folder / store.SAMPLES, pairs, (truth() + error) / 255, range(SAMPLES))
    write_samples(folder / store.WORST, pairs, (truth() + error) / 255, WORST)
    results.write_scores(folder, table.set_axis(pd.Index(IMAGES, name="id")))
    if history and facts.get("training", "") is not None:
        steps = np.arange(1, 6)
        rows = [
            {"epoch": float(i), "flops": 1e12 * i, "train_loss": 1 / i, "validation_loss": 1.2 / i,
             "validation_psnr": score - 5 / i} for i in steps
        ]  # fmt: skip
        write_history(folder, rows)
    return vouch(folder, worst=[IMAGES[position] for position in WORST])


def vouch(folder: Path, **facts: Any) -> Path:
    """Let `result.json` hold these facts, and the digests of the files that are there."""
    content = json.loads((folder / store.RESULT).read_text(encoding="utf-8"))
    content |= facts
    content["files"] = {name: file_digest(folder / name) for name in store.SUMMED if (folder / name).is_file()}
    write_json(folder / store.RESULT, content)
    return folder


def small(out: Path) -> Path:
    """Two boards of five models, one of which was skipped on the second."""
    for shift, degradation in enumerate(("darken", "swirl:strength=3")):
        write(out, 20.0 + shift, 40, model="identity", role="baseline", degradation=degradation, **UNTRAINED)
        write(out, 25.0 + shift, 10, model="tiny-conv", degradation=degradation)
        write(out, 19.0 + shift, 60, model="wide:width=64", degradation=degradation)
        write(out, 23.0 - shift, 0, model="plain", degradation=degradation, **UNTRAINED)
    write(out, 22.0, 20, model="late", degradation="darken")
    results.write(out, status="skipped", reason="needs more", model="late", degradation="swirl:strength=3", size=SIZE)
    return out


def of_rungs(out: Path, **more: Sequence[float]) -> Path:
    """A board of three rungs, on which one model passes another; each was trained from two seeds.

    `more` are the scores of other models from the lowest rung on.
    """
    for model, scores in {"early": (23.0, 24.0, 24.5), "late": (20.0, 23.0, 26.0), **more}.items():
        for seed in (0, 1):
            means = [{"peak": score + seed / 10 - 0.05, "mean-error": 0.1} for score in scores]
            rungs = dict(zip((1e12, 2e12, 5e12)[: len(means)], means, strict=True))
            results.write(out, rungs=rungs, model=model, seed=seed, size=SIZE)
    return out


def grid(out: Path, models: Sequence[str], degradations: Sequence[str], facts: Mapping[str, Any] | None = None) -> Path:
    """Every model on every degradation."""
    for column, degradation in enumerate(degradations):
        for row, model in enumerate(models):
            write(out, 20.0 + row / 7 + column, row % 60, model=model, degradation=degradation, **(facts or {}))
    return out


def build(out: Path, to: Path, **facts: Any) -> dict[str, bytes]:
    """Write the site and return its files."""
    boards, problems = collect(out)
    assert problems == []
    write_site(boards, to, **facts)
    return {str(path.relative_to(to)): path.read_bytes() for path in sorted(to.rglob("*")) if path.is_file()}
