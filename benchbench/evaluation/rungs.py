"""Scores at the rungs of a training: what is stored of the module is loaded, restores the test set, and is scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import torch
from torch import nn

from ..contracts.digests import component_digest
from ..contracts.model import Task
from ..data.batches import TrainingSet
from ..data.degraded import DegradedSet
from ..files import save_tensors
from ..results import store
from ..results.record import Rung, Score, SetScore
from ..results.scores import metric_of
from ..results.trial import Trial
from .fitting import fitted
from .restore import Restored, restore
from .score import Scores, means, score
from .trained import load_module, with_weights


@dataclass
class RungScorer:
    """Scores modules of one trial; of the last one it keeps all."""

    trial: Trial
    task: Task
    data: TrainingSet
    test: DegradedSet
    work: Path
    """The folder in which the trial works."""
    last: tuple[nn.Module, Restored, Scores] | None = None

    def __call__(self, module: nn.Module) -> dict[str, Any]:
        """Score a copy of the module, fitted to the training images; its weights go into the work folder.

        Returns, in what a checkpoint can hold: the scores, the digests of their metrics.
        """
        trial, device = self.trial, self.data.device
        fitted = with_weights(trial.model, self.task, trial.seed, module.state_dict()).to(device)
        with torch.no_grad():
            trial.model.fit(fitted, self.data.in_order(trial.seed))
        save_tensors(self.work / store.WEIGHTS, dict(fitted.state_dict()))
        stored = load_module(trial.model, self.task, trial.seed, self.work).to(device)  # what is stored is scored
        restored, scores = restore_and_score(trial, self.task, stored, self.test, device)
        self.last = stored, restored, scores
        return {
            "metrics": {str(metric): component_digest(metric) for metric in self.trial.metrics},
            "scores": {str(name): torch.tensor(scores.table[name].to_numpy(float)) for name in scores.table},
            "sets": msgspec.to_builtins(scores.sets),
        }

    def table(self, scored: Mapping[str, Any]) -> pd.DataFrame:
        """Return the scores of each image at a rung, by those of the trial's metrics that are still what they were."""
        same = self._same(scored)
        columns = {c: values.numpy() for c, values in scored["scores"].items() if metric_of(c) in same}
        return pd.DataFrame(columns, pd.Index(self.test.ids, name="id"))

    def sets(self, scored: Mapping[str, Any]) -> dict[str, SetScore]:
        """Return the scores of the whole set at a rung, by the same metrics."""
        same = self._same(scored)
        return msgspec.convert({n: v for n, v in scored.get("sets", {}).items() if n in same}, dict[str, SetScore])

    def _same(self, scored: Mapping[str, Any]) -> set[str]:
        return {name for m in self.trial.metrics if scored["metrics"].get(name := str(m)) == component_digest(m)}


def restore_and_score(
    trial: Trial, task: Task, module: nn.Module, test: DegradedSet, device: torch.device
) -> tuple[Restored, Scores]:
    """Return the test images restored, and their scores by the trial's metrics."""
    restored = restore(trial.model, module, test, task, device)
    metrics, failed = fitted(trial.metrics, trial.data, task)
    scores = score(restored, test, metrics, task, device)
    return restored, Scores(scores.table, scores.unavailable | failed, scores.sets)


def rung_facts(
    rungs: Sequence[Mapping[str, Any]],
    tables: Mapping[float, pd.DataFrame],
    sets: Mapping[float, Mapping[str, SetScore]],
) -> list[Rung]:
    """Return what a record tells of the rungs: their facts, the means of their scores, and those of the whole set."""
    return [
        Rung(
            **{name: value for name, value in rung.items() if name != "scored"},
            scores=msgspec.convert(means(tables[rung["flops"]]), dict[str, Score]),
            set_scores=dict(sets[rung["flops"]]),
        )
        for rung in rungs
    ]
