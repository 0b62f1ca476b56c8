"""The compute behind a board: results as they stood at a rung of their training, and scores at every rung."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..contracts.model import COMPETES
from ..contracts.rungs import rung_text, rungs_up_to
from ..results.record import MetricFacts, TrialFacts
from ..results.store import Result
from .curves import last_doubling, mean_gaps
from .estimates import DECIMALS, Array, Estimate, estimate
from .rows import GAP, HIGH, LOW, RISE, TrainingScores, steady_mean

SHORT = 2 / 3  # of a model's longest training; those by seconds end a little apart


def at_rung(results: Sequence[Result], at: float | None) -> tuple[float, list[Result], list[dict[str, str]]]:
    """Return the results of one board as they stood after so many FLOPs of training, without those that did not.

    Args:
        results: The newest of each model and seed.
        at: FLOPs of the rung; None, or one that none of them has, for the highest of the ladder that all have, or else
            the most.

    Returns:
        The rung's FLOPs, or 0 where trainings have no rungs, as by their own recipes, and each counts at its end; the
        results; and the others as `Board.failures` has them.
    """
    trained = [r for r in results if r.status == "scored" and r.record.trial.training == "any-time"]
    flops = at if at and any(at in r.rungs for r in trained) else common_rung(trained)
    if not flops:
        short = _cut_short(trained)
        return 0.0, [r for r in results if r not in short], [_absence(r, math.inf) for r in short]
    lacking = [r for r in trained if flops not in r.rungs]
    kept = [r.at(flops) if r in trained else r for r in results if r not in lacking]
    return flops, kept, [_absence(r, flops) for r in lacking]


def _cut_short(trained: Sequence[Result]) -> list[Result]:
    """Find trainings that had much less than another of the model: they are not it once more, with another seed."""
    most: dict[str, float] = {}
    for result in trained:
        most[result.record.trial.model] = max(most.get(result.record.trial.model, 0.0), _end(result))
    return [r for r in trained if _end(r) <= SHORT * most[r.record.trial.model]]


def _end(result: Result) -> float:
    return max(result.rungs, default=0.0)


def common_rung(trained: Sequence[Result]) -> float:
    """Choose the highest rung of the ladder that all trainings have, or else the most; 0 where none has any."""
    counts = Counter(flops for result in trained for flops in ladder_of(result))
    return max(counts, key=lambda flops: (counts[flops], flops), default=0.0)


def ladder_of(result: Result) -> list[float]:
    """List the rungs of a result that are on the ladder, rising: without an end between two of them."""
    return [flops for flops in result.rungs if flops in rungs_up_to(flops)[-1:]]


def _absence(result: Result, flops: float) -> dict[str, str]:
    trial, last = result.record.trial, _end(result)
    reason = f"trained to {rung_text(last)}" if last < flops else f"not scored at {rung_text(flops)}"
    beyond = f": {result.record.reason}" if result.record.reason else ""
    return _absent(trial, reason, beyond)


def _absent(trial: TrialFacts, reason: str, beyond: str = "") -> dict[str, str]:
    return {"model": trial.model, "status": "absent", "reason": f"{reason} (seed {trial.seed}){beyond}", "log": ""}


def lost_seeds(members: Iterable[Result], kept: Iterable[Result]) -> list[dict[str, str]]:
    """Tell of the trainings by another version of a model whose seeds its row lacks, as `failures` does."""
    there = {(r.record.trial.model, r.record.trial.seed) for r in kept}
    reason = "trained by other code, or as another network of this name"
    return [
        _absent(t, reason)
        for t in (result.record.trial for result in members if result.status == "scored")
        if (t.model, t.seed) not in there
    ]


@dataclass(frozen=True)
class Course:
    """The ranking score of k models at each of r rungs of the ladder; a model that is not trained has one score."""

    models: list[str]
    flops: Array
    """`(r,)`, rising."""
    scores: Estimate
    """`(k, r)`, as the metric has them; NaN where a training lacks the rung."""
    seconds: Array
    """`(k, r)`: of training, the mean over trainings; NaN for what is not trained."""
    trained: NDArray[np.bool_]
    """`(k,)`: False for what needs no training."""
    sign: int
    """-1 for a metric of which less is better."""

    def as_json(self) -> dict[str, Any]:
        """The scores as plain values: means and bounds of 95 % intervals, model -> one a rung; None for NaN."""
        low, high = self.scores.interval()
        parts = {"mean": np.round(self.scores.value, DECIMALS), "low": low, "high": high}
        plain = {name: [[None if v != v else v for v in row] for row in part.tolist()] for name, part in parts.items()}
        return {"flops": self.flops.tolist(), **{n: dict(zip(self.models, p, strict=True)) for n, p in plain.items()}}

    @property
    def quality(self) -> Estimate:
        """The scores, the higher the better."""
        return self.scores.signed(self.sign)


def course_of(
    scored: Sequence[Result], scores: TrainingScores, models: list[str], first: str, sign: int
) -> Course | None:
    """Follow the ranking score up the ladder; None for a board whose trainings have fewer than two rungs.

    Args:
        scored: Results, in the order of the trainings of `scores`.
        scores: Those of the board.
        models: The names of the rows.
        first: The column that ranks.
        sign: See `Course`.
    """
    rungs = sorted({flops for result in scored for flops in ladder_of(result)})
    if len(rungs) < 2:
        return None
    counts = ~np.isnan(scores.values[..., scores.columns.index(first)])
    tables = [_scores_at(r, first if counts[t].any() else "", rungs, scores.ids) for t, r in enumerate(scored)]
    found = estimate(np.stack(tables), scores.model, scores.trained, scores.persons)
    seconds = pd.DataFrame([{rung.flops: rung.seconds for rung in r.record.rungs} for r in scored], columns=rungs)
    means = seconds.groupby(scores.model).agg(steady_mean).to_numpy(float)
    return Course(models, np.array(rungs), found, np.where(np.isnan(found.value), np.nan, means), scores.trained, sign)


def _scores_at(result: Result, column: str, rungs: Sequence[float], ids: pd.Index) -> Array:
    """Return a score of each image at each rung, `(images, rungs)`."""
    if result.rungs:
        found = {flops: table[column] for flops, table in result.tables.items() if column in table}
    else:
        found = dict.fromkeys(rungs, result.scores[column]) if column in result.scores else {}
    return pd.DataFrame(found, index=ids, columns=list(rungs)).to_numpy(float)


def with_rise(rows: pd.DataFrame, course: Course | None, at: float) -> pd.DataFrame:
    """Add how much each model's ranking score improved while the compute doubled up to the board's rung."""
    if course is None:
        return rows
    return rows.assign(**{RISE: last_doubling(course.quality.value, course.flops, at)})


def with_gap(rows: pd.DataFrame, course: Course | None, at: float) -> pd.DataFrame:
    """Add how much better each model is than the leader, in the mean along the compute up to the board's rung."""
    leader = next(iter(rows["model"][rows["role"] == COMPETES]), None)
    if course is None or leader is None:
        return rows
    upto = np.flatnonzero(course.flops <= at)
    order = [course.models.index(model) for model in rows["model"]]
    quality = course.quality.columns(upto)
    gaps = mean_gaps(quality, course.flops[upto], course.models.index(leader)).rows(np.array(order))
    low, high = gaps.interval()
    parts = {GAP: gaps.value[:, 0], GAP + LOW: low[:, 0], GAP + HIGH: high[:, 0]}
    return rows.assign(**{name: np.where(rows["model"] == leader, np.nan, part) for name, part in parts.items()})


def rising(rows: pd.DataFrame, facts: MetricFacts) -> pd.Series:
    """True for each model that rose by more than the metric's smallest relevant difference in the last doubling."""
    if RISE not in rows or facts.relevant is None:
        return pd.Series(False, index=rows.index)
    return rows[RISE] > facts.relevant
