"""What is kept of a published result: the files that boards read, small, so that a repository can hold hundreds.

No digit on a page changes by it. Kept to the bit are all means, at all rungs, and those scores of single images from
which pages are made: by the metric that ranks, at every rung; at the last one also by the metrics beside it in the
first table, and by signed ones, for audits by group. Other scores of the last rung are kept coarse, so bounds of their
intervals in CSV, JSON and Parquet are right to about four digits. Those of lower rungs are not kept.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from ...contracts.model import BASELINE
from ...evaluation.pictures import lighten
from ...files import write_atomically
from ...results import scores, store
from ...results.record import Record
from ...results.scores import metric_of
from ...results.store import Result
from ...results.versions import row_of
from ..columns import first_table
from .archive import Refused

SAMPLES_KEPT = 4  # some 6 kB of 64 px a model, so that a repository can hold hundreds


def keep(result: Result, work: Path, standing: Iterable[Result]) -> Record:
    """Write what is kept of a result into a folder; returns its record. Raises Refused for samples of no use.

    `standing` are the accepted results that it joins: of a model's trainings, boards show samples and history of the
    first alone, by its seed.
    """
    if result.status != "scored":
        return result.record
    if not any(_comes_before(other, result) for other in standing):
        _keep_samples(result, work)
        if (result.folder / store.HISTORY).is_file():
            shutil.copyfile(result.folder / store.HISTORY, work / store.HISTORY)
    return _keep_scores(result, work)


def seed_text(result: Result) -> str:
    """Return the seed as boards sort by it: as text, so 12 comes before 2."""
    return str(result.record.trial.seed)


def _comes_before(other: Result, result: Result) -> bool:
    """Whether boards show the pictures of another training of the same model, and not those of this one."""
    earlier = seed_text(other) < seed_text(result) and other.status == "scored"
    return earlier and row_of(other) == row_of(result)


def _keep_samples(result: Result, work: Path) -> None:
    """Cut the samples, which only the baseline keeps with their degraded and clean images."""
    path = store.samples_file(result.folder)
    if not path.is_file():
        return
    whole = result.record.model.role == BASELINE
    try:
        picture = lighten(path, result.record.trial.size, SAMPLES_KEPT, whole=whole)
    except (ValueError, OSError) as error:
        raise Refused(f"{path.name} cannot be used: {error}") from error
    write_atomically(work / store.FEW_SAMPLES, picture)


def _keep_scores(result: Result, work: Path) -> Record:
    """Write the scores of images, and return the record without deviations of those that are left out."""
    record, first, path = result.record, result.record.first_metric, work / store.SCORES
    if first is None:
        scores.write(path, result.tables)
        return record
    kept = scores.lightened(result.tables, first, exact_scores(record))
    scores.write_long(path, kept)
    rungs = [
        replace(rung, scores={n: s if n in kept[rung.flops] else replace(s, std=None) for n, s in rung.scores.items()})
        for rung in record.rungs
    ]
    return replace(record, rungs=rungs)


def exact_scores(record: Record) -> set[str]:
    """Return the scores of which boards show single images, bounds of intervals, or means of groups of images."""
    metrics = record.metrics
    whole = {name for name, facts in metrics.items() if facts.signed} | {record.first_metric}
    return {*first_table(metrics, record.scores), *(name for name in record.scores if metric_of(name) in whole)}
