"""A trial at work: train, or load what is trained; restore; score."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs

from ..errors import TrialError
from ..results.record import DataFacts, Record, TrainingFacts
from ..results.store import Result
from ..results.trial import Trial, missing_metrics, record_of
from .measure import keep_predictions, measure, with_scores
from .train import train
from .workspace import Workspace

if TYPE_CHECKING:
    from ..contracts.model import Task
    from ..data.degraded import DegradedSet
    from ..data.prepared import PreparedDataset


def execute(trial: Trial, data: PreparedDataset, workspace: Workspace, stored: Result | None) -> Record:
    """Do the trial and return the record of its result, whose files are left in the work folder.

    Of a `stored` result only the scores are made that it lacks. Raises what a plugin raises.
    """
    from ..contracts.model import Task
    from ..data.batches import TrainingSet
    from ..data.degraded import degraded_set
    from ..evaluation.rungs import RungScorer
    from ..evaluation.trained import build_module

    if lacking := data.lacking(trial.degradation):
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
        return _score_again(trial, task, test, workspace, stored)
    scorer = RungScorer(trial, task, images, test, workspace.work)
    if trial.model.recipe is None:
        scorer(build_module(trial.model, task, trial.seed))
        return structs.replace(measure(scorer, []), data=_data_facts(data, test))
    validation = degraded_set(data, "validation", trial.degradation, workspace.cache)
    trained, time, notes = train(scorer, validation)
    record = measure(scorer, trained.rungs)
    return structs.replace(
        record,
        data=_data_facts(data, test),
        training=TrainingFacts(**trained.facts),
        model=structs.replace(record.model, notes=[*record.model.notes, *notes]),
        timing=structs.replace(record.timing, training=time),
    )


def _score_again(trial: Trial, task: Task, test: DegradedSet, workspace: Workspace, stored: Result) -> Record:
    """Add the scores that a stored result lacks, by its weights."""
    from ..evaluation.rungs import restore_and_score
    from ..evaluation.trained import load_module

    module = load_module(trial.model, task, trial.seed, stored.folder).to(workspace.torch_device)
    lacks = replace(trial, metrics=tuple(missing_metrics(trial, stored)))
    restored, scores = restore_and_score(lacks, task, module, test, workspace.torch_device)
    keep_predictions(trial, restored, workspace.work)
    return with_scores(stored, lacks.metrics, scores, workspace.work)


def _data_facts(data: PreparedDataset, test: DegradedSet) -> DataFacts:
    counts = data.counts()
    unchanged = counts["test"] - len(test)
    return DataFacts(
        **counts,
        unchanged=unchanged,
        near_duplicates=data.copies,
        skipped=len(data.skipped),
        test_set=test.digest,
        persons=data.persons_in(test.ids),
    )
