"""Any-time training beside a cosine schedule made for the very budget: is the average of weights as good?

    python tests/benchmarks/schedules.py --out schedules     # some copies at once share the work; begin again any time
    python tests/benchmarks/schedules.py --out schedules --table

Each trained model on each task at 64 px, from one seed: one any-time training that is scored at all budgets, and for each
budget a training whose learning rate warms up and falls by half a cosine to its end, and whose last weights count. Both are
scored by the mean PSNR of the test images, as on a board.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import filelock
import pandas as pd
import torch
from torch import nn

from benchbench import devices
from benchbench.contracts.budget import Budget
from benchbench.contracts.degradation import Degradation
from benchbench.contracts.model import Model, Task
from benchbench.contracts.optimizers import rate_factor
from benchbench.data.batches import TrainingSet
from benchbench.data.degraded import degraded_set
from benchbench.evaluation.rungs import RungScorer
from benchbench.evaluation.trained import build_module
from benchbench.files import cache_folder
from benchbench.registry.registry import registry as _registry
from benchbench.results.trial import Trial
from benchbench.running import plan
from benchbench.training.anytime import AnyTimeTrainer
from benchbench.training.trainer import Trainer

SIZE, SEED = 64, 0
TASKS = ("pixelate", "gaussian-noise", "swirl")
BUDGETS = (0.5, 2.0, 10.0)  # TFLOP


class CosineTrainer(Trainer):
    """A training by half a cosine that ends with the budget, scored by its last weights."""

    def make_judged(self) -> nn.Module:
        return self.module

    def rate(self) -> float:
        return rate_factor("cosine", self.fraction())

    def stopped_by(self) -> str:
        return "budget" if self.fraction() >= 1 else ""

    def look(self) -> bool:
        return False

    def finish(self, reason: str) -> nn.Module:
        self.module.eval()
        self.close_round()
        self.take_rung([self.budget.amount], self.state.history[-1])
        return self.module


@dataclass(frozen=True)
class Cell:
    """One training."""

    task: Degradation
    model: Model
    way: type[Trainer]
    budget: float
    """In TFLOP."""

    @property
    def name(self) -> str:
        return f"{self.task.name}~{self.model.name}~{self.way.__name__}~{self.budget:g}"

    def train(self, scratch: Path) -> list[dict[str, Any]]:
        """Train and score it; returns a row for each budget, or none where the model has no place."""
        registry, cache, device = _registry(), cache_folder(), torch.device("cpu")
        [data] = plan.prepare_data([registry.resolve("dataset", "faces")], SIZE, cache)
        budget, metrics = Budget.parse(f"{self.budget:g}TFLOP"), (registry.resolve("metric", "psnr"),)
        trial = Trial(data.folder, "faces", "", SIZE, self.task, self.model, SEED, budget, metrics=metrics)
        images = TrainingSet(data, self.task, device)
        task = Task(SIZE, self.task, 3, *images.statistics())
        if self.model.unavailable(task):
            return []
        test, validation = (degraded_set(data, split, self.task, cache) for split in ("test", "validation"))
        trainer = self.way(trial, build_module(self.model, task, SEED), images, validation)
        scorer = RungScorer(trial, task, images, test, scratch)
        return [
            {
                "task": self.task.name, "model": self.model.name, "way": self.way.__name__,
                "TFLOP": rung["flops"] / 1e12, "steps": rung["steps"], "seconds": rung["seconds"],
                "psnr": float(rung["scored"]["scores"]["psnr"].mean()),
            }
            for rung in trainer.run(scratch / "checkpoint", on_rung=scorer).rungs
            if rung["flops"] / 1e12 in BUDGETS
        ]  # fmt: skip


def cells() -> Iterator[Cell]:
    """List the trainings, the longest first; one any-time training scores all budgets."""
    registry = _registry()
    tasks = plan.choose(registry, "degradation", TASKS)
    models = [m for m in plan.choose(registry, "model", ["all"]) if m.recipe is not None]
    fits = [(task, model) for task in tasks for model in models if not model.misplaced(task)]
    longest, *shorter = reversed(BUDGETS)
    yield from (Cell(task, model, way, longest) for task, model in fits for way in (AnyTimeTrainer, CosineTrainer))
    yield from (Cell(task, model, CosineTrainer, budget) for budget in shorter for task, model in fits)


def table(rows: list[Mapping[str, Any]]) -> str:
    """Draw both ways of each model, at each budget, and by how much any-time training is ahead."""
    frame = pd.DataFrame(rows).pivot_table("psnr", ["task", "model", "TFLOP"], "way").dropna()
    cosine, anytime = frame["CosineTrainer"], frame["AnyTimeTrainer"]
    cells = [f"{c:.2f} → {a:.2f} ({a - c:+.2f})" for c, a in zip(cosine, anytime, strict=True)]
    wide = pd.Series(cells, frame.index).unstack("TFLOP", fill_value="–").reset_index()
    return wide.rename(columns=lambda name: f"{name:g} TFLOP" if isinstance(name, float) else name).to_markdown(
        index=False
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--table", action="store_true", help="print what is there")
    given = parser.parse_args()
    given.out.mkdir(exist_ok=True)
    if given.table:
        files = sorted(given.out.glob("*.json"))
        print(table([row for file in files for row in json.loads(file.read_text())]))
        return
    devices.keep_freed_memory()
    torch.set_num_threads(1)
    for cell in cells():
        found = given.out / f"{cell.name}.json"
        lock = filelock.FileLock(given.out / f"{cell.name}.lock", blocking=False)
        try:
            with lock, TemporaryDirectory() as scratch:
                if found.exists():
                    continue
                print(cell.name, flush=True)
                beside = found.with_suffix(".part")
                try:
                    rows = cell.train(Path(scratch))
                except Exception as error:
                    print(f"  {type(error).__name__}: {error}", flush=True)
                    continue
                beside.write_text(json.dumps(rows, indent=1))
                os.replace(beside, found)
                for row in rows:
                    print(f"  {row['TFLOP']} TFLOP: {row['psnr']:.2f} dB after {row['seconds']:.0f} s", flush=True)
        except filelock.Timeout:
            continue


if __name__ == "__main__":
    main()
