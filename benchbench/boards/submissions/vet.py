"""Check a result from elsewhere before it may stand on a board.

The checks do not prove that the model did what its result says. Only scores that are computed again from its restored
images do, which `recompute` does where the result holds these images and the data can be had.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ... import protocol
from ...contracts.model import OPEN
from ...contracts.rungs import rung_text
from ...errors import DataError, one_line
from ...files import json_text
from ...results import store
from ...results.record import MetricFacts, Record, Score
from ...results.scores import NO_RUNG, rounding
from ...results.store import Result
from ...results.trial import key_of
from ...results.versions import row_of
from ..board import boards_of
from ..markdown.board import section
from ..rows import REGIONS
from ..view import view_of
from ..write import as_json
from .archive import Refused
from .datasets import portraits
from .light import exact_scores
from .recompute import installed, recompute

if TYPE_CHECKING:
    import pandas as pd

METRIC_FACTS = [f for f in MetricFacts.__struct_fields__ if f not in ("settings", "library", "digest", "unavailable")]
TEXTS = ("dataset", "fingerprint", "degradation", "degradation_digest", "model", "model_digest")


def vet(result: Result, standing: Sequence[Result]) -> str:
    """Check a result that is to join those `standing`; tells which scores were recomputed. Raises Refused."""
    _check_claims(result)
    for other in standing:
        _check_beside(result, other)
        _check_row_is_free(result, other)
    if result.status != "scored":
        _check_boards(result)
        return f"{result.status}, so there is nothing to recompute"
    table = _check_scores(result)
    _check_images(result, table, standing)
    _check_boards(result)
    return recompute(result, table)


def _check_claims(result: Result) -> None:
    """Check protocol, key, time, texts, size and role. Raises Refused."""
    record, trial, given = result.record, result.record.trial, result.record.protocol
    if given.version != protocol.VERSION:
        raise Refused(f"it was made under protocol {given.version}; the protocol here is {protocol.VERSION}")
    if differing := [name for name, value in protocol.SETTINGS.items() if getattr(given, name) != value]:
        raise Refused(f"its protocol differs from {protocol.VERSION} in {', '.join(sorted(differing))}")
    key = key_of(trial, protocol.VERSION)
    if not record.key == trial.key == key:
        raise Refused(f"its key is {record.key[:40]!r}; what it tells of its trial gives {key!r}")
    try:
        past = datetime.fromisoformat(record.finished_at) < datetime.now(UTC) + timedelta(minutes=10)  # clocks differ
    except (TypeError, ValueError):  # no time, or one without a zone
        past = False
    if not past:
        raise Refused(f"it was finished at {record.finished_at[:40]!r}, which is no time before now")
    if strange := [name for name in TEXTS if not 0 < len(getattr(trial, name)) <= 2000]:
        raise Refused(f"its trial's {strange[0]} is no text of a sensible length")
    if not protocol.SMALLEST <= trial.size <= protocol.LARGEST:
        raise Refused(f"its images have {trial.size} px")
    role, known = record.model.role, getattr(installed("model", trial.model), "role", "")
    if role not in ("", OPEN) and role != known:
        raise Refused(
            f"it calls {trial.model[:80]} '{role[:40]}': what sets the scale of a board must be installed here"
        )
    if known == OPEN != role:
        raise Refused(f"{trial.model[:80]} was trained elsewhere, and belongs into the open track")


def _check_beside(result: Result, other: Result) -> None:
    """Raises Refused if the two differ on the same data or on the same metric."""
    mine, theirs = result.record, other.record
    trial, known = mine.trial, theirs.trial
    if (known.dataset, known.size) == (trial.dataset, trial.size) and known.fingerprint != trial.fingerprint:
        raise Refused(
            f"its data is {trial.fingerprint}, that of the results here {known.fingerprint}: not the same "
            f"{trial.dataset} at {trial.size} px"
        )
    for name, facts in mine.metrics.items():
        there = theirs.metrics.get(name)
        if there is None or there.digest != facts.digest:
            continue
        if differing := [fact for fact in METRIC_FACTS if getattr(facts, fact) != getattr(there, fact)]:
            value = getattr(facts, differing[0])
            raise Refused(f"{differing[0]} of {name[:80]} is {value!r}, not as in the results here")


def _check_row_is_free(result: Result, other: Result) -> None:
    """Raises Refused if the two claim one row of a board by different code: the newest counts, so a stranger's."""
    theirs, mine = other.record, result.record
    same = theirs.trial.model_digest == mine.trial.model_digest and theirs.trial.seed != mine.trial.seed
    if row_of(other) == row_of(result) and theirs.key != mine.key and not same:
        raise Refused(
            f"{theirs.trial.model[:80]} (seed {theirs.trial.seed}) stands there already, made by other code "
            f"({theirs.key}); to replace it, remove {other.folder} first"
        )


def _check_scores(result: Result) -> pd.DataFrame:
    """Return the scores at the last rung. Raises Refused unless those of every rung give its summary and are finite."""
    from ...evaluation.score import means

    record = result.record
    try:
        found = {rung: means(table) for rung, table in result.tables.items()}
    except (OSError, ValueError, TypeError, KeyError, ArithmeticError) as error:
        raise Refused(f"{store.SCORES} cannot be read: {one_line(error, 120)}") from error
    stated = {rung.flops: rung.scores for rung in record.rungs} or {NO_RUNG: record.scores}
    _check_sets(record)
    if stated.keys() != found.keys() or stated[max(stated)] != record.scores:
        raise Refused(f"its table has {len(found)} rungs and its summary {len(stated)}, or other ones")
    for rung, summary in stated.items():
        proven = {name: s for name, s in summary.items() if s.std is not None} if rung < max(stated) else summary
        if len(proven) < len(summary) and record.first_metric not in proven:
            raise Refused(f"it leaves out scores of images at {rung_text(rung)}, but has none by {record.first_metric}")
        _check_means(result.tables[rung], found[rung], proven, record)
    sizes = record.rate.sizes if record.rate else []
    if record.rate and sizes:
        mean = sum(sizes) / len(sizes)
        if len(sizes) != len(result.scores) or not math.isclose(mean, record.rate.bytes, rel_tol=1e-9):
            raise Refused(f"{len(sizes)} files of {mean:.6g} bytes are not those of its summary")
    return result.scores


def _check_means(
    table: pd.DataFrame, found: Mapping[str, Mapping[str, float]], stated: Mapping[str, Score], record: Record
) -> None:
    """Raises Refused unless a summary gives the means, deviations and numbers that were found.

    They may differ by rounding where scores may be coarse.
    """
    if differing := sorted(found.keys() ^ stated.keys()):
        raise Refused(f"{differing[0][:80]} is in {'the table' if differing[0] in found else 'the summary'} only")
    known = {metric + region for metric in record.metrics for region in REGIONS}
    exact = exact_scores(record)
    for name, facts in found.items():
        if name not in known:
            raise Refused(f"it scores {name[:80]}, a metric that it does not describe")
        if not math.isfinite(facts["mean"]):
            raise Refused(f"{name[:80]} is not finite for every image")
        leeway = 1e-12 if name in exact else max(1e-12, rounding(table[name]))
        for fact, value in facts.items():
            told = getattr(stated[name], fact)
            if told is None or not math.isclose(told, value, rel_tol=1e-9, abs_tol=leeway):
                raise Refused(f"{fact} of {name} is {told} in its summary, {value} by its images")


def _check_sets(record: Record) -> None:
    """Raises Refused for scores of sets that are not finite, of other images, or by no metric of sets."""
    n = record.data.test - record.data.unchanged if record.data else 0
    if any(rung.set_scores != record.set_scores for rung in record.rungs[-1:]):
        raise Refused("its scores of sets are not those of its last rung")
    for scores in (record.set_scores, *(rung.set_scores for rung in record.rungs)):
        for name, score in scores.items():
            if name not in record.metrics or not record.metrics[name].of_set:
                raise Refused(f"it scores the set by {name[:80]}, which it describes as no metric of sets")
            if not (math.isfinite(score.value) and math.isfinite(score.error)) or score.n > n:
                raise Refused(f"{name[:80]} is not a finite score of {n} images")


def _test_set_of(result: Result) -> tuple[str, str]:
    return result.record.trial.fingerprint, result.record.trial.degradation


def _check_images(result: Result, table: pd.DataFrame, standing: Sequence[Result]) -> None:
    """Raises Refused unless the scores are those of the test images, by the data or else by another result."""
    ids, trial = {str(i) for i in table.index}, result.record.trial
    same = [r for r in standing if r.status == "scored" and _test_set_of(r) == _test_set_of(result)]
    persons = result.record.data.persons if result.record.data else []
    if len(persons) not in (0, len(table)) or any(r.record.data and r.record.data.persons != persons for r in same):
        raise Refused("its images do not show the persons that they show in the results here")
    try:
        data = portraits(trial.dataset, trial.size, trial.fingerprint)
        expected = {data.ids[i] for i in data.indices("test")}
        unchanged = result.record.data.unchanged if result.record.data else 0
        as_expected = ids <= expected and len(ids) + unchanged == len(expected)
    except DataError:
        expected = {str(i) for i in same[0].scores.index} if same else ids
        as_expected = ids == expected
    if not as_expected:
        strange = sorted(ids ^ expected)
        raise Refused(
            f"it is not scored on the test images: {len(ids)} instead of {len(expected)}, see {strange[0][:80]!r}"
        )


def _check_boards(result: Result) -> None:
    """Raises Refused unless boards can be made of the result: what is odd in it comes out here, not in them."""
    try:
        for board in boards_of([result]):
            json_text(as_json(board)), section(view_of(board), {})
    except Exception as error:  # types and values that no check foresees
        raise Refused(f"no board can be made of it: {one_line(error, 160)}") from error
