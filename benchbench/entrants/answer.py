"""The answer to an entrant: which laws it breaks, where it stands, how far from its neighbours, and its curve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..api.entry import rank_in_words
from ..boards import Board
from ..boards.estimates import estimate
from ..boards.rows import training_scores
from ..boards.text import escape, interval, number, rung_name, shortened, table
from ..boards.view import view_of

LONGEST, MOST_LAWS = 300, 30
"""Characters of a text from an entrant, and broken laws that are told: it writes both, and a comment is short."""
OWN_WORD = (
    "What is said of laws is the entrant’s own word: they are tried in the process that runs its code. Scores are "
    "computed anew out here, from the images that it restored."
)


@dataclass(frozen=True)
class Gap:
    """How much better (or worse, below 0) an entrant is than the model beside it, on the same images."""

    model: str
    better_by: float
    low: float
    high: float
    text: str


@dataclass(frozen=True)
class Placing:
    """An entrant's model on one board."""

    model: str
    degradation: str
    training: str
    rank: str
    """In words; why it has none, where it has none."""
    score: str
    ranked: bool
    gaps: list[Gap]
    """To the model before it, and to the one behind."""
    curve: dict[str, str]
    """Amount of training -> score."""


@dataclass(frozen=True)
class Answer:
    """All that an entrant is told."""

    entrant: str
    origin: str
    laws: int
    """How many it keeps, by its own word, as are those that it breaks: see OWN_WORD."""
    broken: list[str]
    """A line for each law that it breaks."""
    placings: list[Placing]
    problems: list[str]
    """What went wrong, or was refused."""
    uncontained: Sequence[str] = ()
    """What was not contained."""

    @property
    def ok(self) -> bool:
        """Return whether it keeps all laws and stands on every board."""
        return not (self.broken or self.problems) and all(s.ranked for s in self.placings) and bool(self.placings)


def placing_of(board: Board, model: str) -> Placing | None:
    """Tell where a model stands on a board; None where the board does not know it."""
    view, setting = view_of(board), board.setting
    row = next((row for row in view.rows if row.model == model), None)
    about = model, setting.degradation, setting.league.title
    if row is None:
        reasons = [f"{r['status']}: {r['reason']}" for r in board.failures if r["model"] == model]
        return Placing(*about, reasons[0], "–", False, [], {}) if reasons else None
    return Placing(
        *about, rank_in_words(view, row), view.score(row), True, list(_gaps(board, model)), _curve(board, model)
    )


def _gaps(board: Board, model: str) -> Iterator[Gap]:
    """Compare a model with the one before it and the one behind, image by image, over all their trainings."""
    first, rows = board.ranked_by, board.rows
    if first is None:
        return
    facts, at = board.metrics[first], list(rows["model"]).index(model)
    scores = training_scores(board.scored, board.metrics, rows)
    means = estimate(scores.values, scores.model, scores.trained, scores.persons)
    quality = means.column(scores.columns.index(first)).signed(1 if facts.higher_is_better else -1)
    for other in (at - 1, at + 1):
        if 0 <= other < len(rows):
            gap = quality.rows(np.array([at])).minus(quality.rows(np.array([other])))
            (low, high), value = gap.interval(), float(gap.value[0, 0])
            text = f"{value:+.{facts.digits}f} {facts.unit}".strip()
            bounds = interval(float(low[0, 0]), float(high[0, 0]), facts.digits)
            text += f" ({bounds})" if bounds else ""
            yield Gap(rows["model"].iloc[other], value, float(low[0, 0]), float(high[0, 0]), text)


def _curve(board: Board, model: str) -> dict[str, str]:
    course, first = board.course, board.ranked_by
    if course is None or first is None or model not in course.models or not board.first_results[model].rungs:
        return {}
    scores = course.scores.value[course.models.index(model)]
    known = [(flops, score) for flops, score in zip(course.flops, scores, strict=True) if score == score]
    return {rung_name(flops): number(float(score), board.metrics[first].digits) for flops, score in known}


def comment(answers: Sequence[Answer]) -> str:
    """Write answers as Markdown in which nothing of an entrant's own is more than text."""
    return "\n\n".join(map(_section, answers)) + "\n" if answers else "No entrant is new, and none was changed.\n"


def _section(answer: Answer) -> str:
    parts = [f"## {_inert(answer.entrant)}: {_inert(answer.origin)}"]
    parts += ["\n".join(f"- {_inert(problem)}" for problem in answer.problems)] if answer.problems else []
    if answer.broken:
        left = len(answer.broken) - MOST_LAWS
        told = [*map(_inert, answer.broken[:MOST_LAWS]), *([f"and {left} more"] if left > 0 else [])]
        parts.append("Broken laws:\n\n" + "\n".join(f"- {line}" for line in told))
    elif answer.laws:
        parts.append(f"By its own report no law is broken; {answer.laws} are kept.")
    parts += [OWN_WORD] if answer.broken or answer.laws else []
    if answer.placings:
        parts.append(table([_row(s) for s in answer.placings], "model", "degradation", "stands", "behind", "ahead of"))
        parts += [
            f"{_inert(s.model)} on {_inert(s.degradation)} by training: "
            + ", ".join(f"{score} after {rung}" for rung, score in s.curve.items())
            for s in answer.placings
            if len(s.curve) > 1
        ]
    parts += [f"Not contained here: {', '.join(answer.uncontained)}."] if answer.uncontained else []
    return "\n\n".join(parts)


def _row(placing: Placing) -> dict[str, str]:
    beside = {"behind" if gap.better_by < 0 else "ahead of": gap for gap in reversed(placing.gaps)}
    words = {side: f"{_inert(gap.model)}: {gap.text}" for side, gap in beside.items()}
    texts = {"model": placing.model, "degradation": placing.degradation, "training": placing.training}
    whole = {head: _inert(text) for head, text in texts.items()}
    stands = {"stands": _inert(placing.rank), "score": placing.score}
    return whole | stands | {side: words.get(side, "–") for side in ("behind", "ahead of")}


def _inert(text: str) -> str:
    return escape(shortened("".join(c if c.isprintable() else " " for c in text), LONGEST)).replace("@", "@\u200b")
