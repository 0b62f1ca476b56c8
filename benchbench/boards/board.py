"""Stored results -> boards. Rows that differ in data, size, degradation, protocol or training never share a board."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ..contracts.rungs import rung_text
from ..errors import SpecError
from ..results import store
from ..results.layout import root_of
from ..results.record import FAILED, MetricFacts
from ..results.store import DamagedResult, Result
from ..results.versions import NOTHING, newest, of_one_version
from .compression import Compression, compression_of, in_order
from .compute import Course, at_rung, course_of, lost_seeds, rising, with_gap, with_rise
from .forecast import Forecast, forecast
from .ranking import ranked
from .rows import metrics_of, ranking_metric, rows_of, training_scores
from .sets import with_set_intervals
from .setting import Setting
from .text import COMPILED, TUNED
from .votes import Ballot, read_ballots


@dataclass(frozen=True)
class Board:
    """Rows of one setting, best first, and whatever could not be ranked."""

    setting: Setting
    metrics: dict[str, MetricFacts]
    """Metric -> its facts, in the order of the columns."""
    rows: pd.DataFrame
    """One row per model (seeds averaged): model, rank, parameters, flops, seeds, …, and a column per score.

    `<score>.low` and `.high` bound its 95 % interval over test images and trainings, as do those of gain and recovered.
    `rank` is that of the mean, `rank.low` and `.high` are the best and worst that the model may have; all three are
    absent where models were trained once, and nobody knows by how much trainings vary. `equivalent` names the models
    whose difference to it is surely less than the ranking metric's smallest relevant one. `trainings.std` is the
    standard deviation of the ranking score between trainings. `rise` is how much the ranking score improved in the
    last doubling of compute, `gap` the mean difference to the leader along it.
    """
    failures: list[dict[str, str]]
    unavailable: dict[str, str]
    results: list[Result] = field(repr=False)
    """Those that stand on it, as they were at its rung."""
    course: Course | None = None
    """The ranking score at every rung; None where trainings have fewer than two."""
    ended: list[Result] = field(default_factory=list, repr=False)
    """The newest of each model and seed, as their trainings ended."""
    lost: list[dict[str, str]] = field(default_factory=list, repr=False)
    """Seeds of other versions of its models, as `failures` has them."""
    ballots: list[Ballot] = field(default_factory=list, repr=False)
    """Votes of people, on these and on other boards."""

    def at(self, rung: float) -> Board:
        """Make the same board as it stood at another rung of training, in FLOPs; see `compute.at_rung`."""
        return _board(self.setting, self.ended, self.lost, rung)

    @cached_property
    def scored(self) -> list[Result]:
        """The results that have scores."""
        return [result for result in self.results if result.status == "scored"]

    @cached_property
    def first_results(self) -> dict[str, Result]:
        """Model -> the first of its results that has scores, the best model first."""
        first = {result.record.trial.model: result for result in reversed(self.scored)}
        return {model: first[model] for model in self.rows.get("model", ())}

    def image_scores(self, model: str, column: str) -> pd.DataFrame | None:
        """Read a score of each test image (row) after each of a model's trainings (column); None if none has it."""
        found = [r.scores[column] for r in self.scored if r.record.trial.model == model and column in r.scores]
        return pd.concat(found, axis=1) if found else None

    @cached_property
    def ranked_by(self) -> str | None:
        """The metric that gives the order, see `ranking_metric`; None where there is none."""
        return ranking_metric(self.metrics, self.rows)

    @cached_property
    def compression(self) -> Compression | None:
        """Its codecs, where nothing is degraded; None elsewhere."""
        if any(result.record.trial.degrades for result in self.results):
            return None
        return compression_of(self.scored, self.metrics, self.setting.size)

    @cached_property
    def rising(self) -> list[str]:
        """The models that still rise, best first; see `compute.rising`."""
        facts = self.metrics.get(self.ranked_by or "")
        return list(self.rows["model"][rising(self.rows, facts)]) if facts else []

    @cached_property
    def forecast(self) -> Forecast | None:
        """Where its models would stand with more training; None without a course."""
        course = self.course
        return forecast(course.scores, course.flops, self.setting.rung) if course else None

    @property
    def quality(self) -> pd.Series:
        """The score that gives the order, of each row; negated where less is better. Raises KeyError without one."""
        first = self.ranked_by or ""
        return self.rows[first] if self.metrics[first].higher_is_better else -self.rows[first]


def collect(out: Path, at: float | None = None, asked: Mapping[str, str] = NOTHING) -> tuple[list[Board], list[str]]:
    """Make all boards from the results and votes under `out`; the second part has a line for each that is left out.

    `at` is the rung of training, in FLOPs, that they show; see `compute.at_rung`. Of several versions of a model the
    newest counts, or that asked for (model -> digest). Raises SpecError if no training has the rung.
    """
    results, problems = [], []
    for _, found in store.find(out):
        try:
            if isinstance(found, DamagedResult):
                raise found
            if found.status == "scored":
                _ = found.scores  # raises where they cannot be read
            results.append(found)
        except DamagedResult as damage:
            problems.append(str(damage))
    ballots, strange = read_ballots(out)
    boards = boards_of(results, at, asked)
    return [replace(board, ballots=ballots) for board in boards] if ballots else boards, problems + strange


def boards_of(results: Sequence[Result], at: float | None = None, asked: Mapping[str, str] = NOTHING) -> list[Board]:
    """Make the boards of these results, in their order; `at` and `asked` as in `collect`.

    Raises SpecError if no training at all was scored at that rung.
    """
    known = {flops for result in results if result.status == "scored" for flops in result.rungs}
    if at and known and at not in known:
        raise SpecError(
            f"no training was scored at {rung_text(at)}, only at {', '.join(map(rung_text, sorted(known)))}"
        )
    boards = []
    for setting, members in _settings(results).items():
        kept = newest(of_one_version(members, asked))
        boards.append(_board(setting, kept, lost_seeds(newest(members), kept), at))
    return sorted(boards, key=_order)


def _order(board: Board) -> tuple[Any, ...]:
    s = board.setting
    return *s.file, s.size, s.training, s.fingerprint, s.test_set


def _settings(results: Sequence[Result]) -> dict[Setting, list[Result]]:
    """The results of each board."""
    settings: dict[Setting, list[Result]] = {}
    for result in results:
        trial = result.record.trial
        if trial.training is not None:
            way = trial.training + TUNED * trial.tuned + COMPILED * trial.compiled
            settings.setdefault(_setting(result, way), []).append(result)
    for result in results:  # models without training belong to every way, or make a board of their own
        if result.record.trial.training is None:
            own = _setting(result, "none")
            shared = [s for s in settings if s.training != "none" and replace(s, training=own.training) == own]
            for setting in shared or [own]:
                settings.setdefault(setting, []).append(result)
    return dict(part for setting, members in settings.items() for part in _by_test_set(setting, members))


def _by_test_set(setting: Setting, members: Sequence[Result]) -> Iterator[tuple[Setting, list[Result]]]:
    """Yield a setting per test set, with its results. Where there are several, older results that name none stand
    apart, and trials without scores belong to all."""
    named = {r.folder: (r.record.data and r.record.data.test_set) or "" for r in members if r.status == "scored"}
    known = sorted(set(named.values()) - {""})
    if len(known) < 2:
        yield replace(setting, test_set="".join(known)), list(members)
        return
    for test_set in sorted(set(named.values())):
        yield replace(setting, test_set=test_set), [r for r in members if named.get(r.folder, test_set) == test_set]


def _setting(result: Result, training: str) -> Setting:
    t, protocol = result.record.trial, result.record.protocol.version
    return Setting(t.dataset, t.fingerprint, t.size, t.degradation, t.degradation_digest, protocol, training)


def _board(setting: Setting, ended: list[Result], lost: list[dict[str, str]], at: float | None) -> Board:
    rung, results, absent = at_rung(ended, at)
    setting = replace(setting, rung=rung)
    scored = [r for r in results if r.status == "scored"]
    metrics = metrics_of(scored)
    rows = with_set_intervals(rows_of(scored, metrics), scored, metrics)
    failures = absent + lost + _failures(results)
    board = Board(setting, metrics, rows, failures, _unavailable(scored), results, ended=ended, lost=lost)
    if (first := board.ranked_by) is None:
        return board
    facts, scores = metrics[first], training_scores(scored, metrics, rows)
    course = (
        course_of(scored, scores, list(rows["model"]), first, 1 if facts.higher_is_better else -1) if rung else None
    )
    rows = with_gap(ranked(with_rise(rows, course, rung), scores, first, facts), course, rung)
    rows = in_order(rows, board.compression) if board.compression else rows
    return replace(board, rows=rows, course=course)


def _failures(results: Iterable[Result]) -> list[dict[str, str]]:
    return [
        {
            "model": r.record.trial.model,
            "status": r.status,
            "reason": r.record.reason or "",
            "log": (r.folder / store.LOG).relative_to(root_of(r.folder)).as_posix() if r.status == "failed" else "",
        }
        for r in results
        if r.status != "scored"
    ]


def _unavailable(scored: Iterable[Result]) -> dict[str, str]:
    found: dict[str, str] = {}
    for result in scored:
        record = result.record
        last = {*result.tables[max(result.tables)], *(name for rung in record.rungs[-1:] for name in rung.set_scores)}
        for name, facts in record.metrics.items():
            if reason := facts.unavailable:
                for_one = reason.startswith(FAILED)
                found.setdefault(f"{name} ({record.trial.model})" if for_one else name, reason)
            elif name in last and not (name in record.scores or name in record.set_scores):
                found.setdefault(f"{name} ({record.trial.model})", "was added later, at the last rung only")
    return found
