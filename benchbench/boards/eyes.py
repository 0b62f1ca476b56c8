"""What people's votes say of a board's models, and how far each metric agrees with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .agreement import FEWEST, Agreement, kendall
from .board import Board
from .estimates import LEVEL_TEXT, Array
from .once import once
from .preferences import LEFT, RIGHT, TIE, Strengths, Votes, strengths
from .rows import measured
from .samples import restorations
from .text import interval
from .votes import QUESTIONS, Ballot, meant

ANSWERS = {"left": LEFT, "tie": TIE, "right": RIGHT}
POINTS = 400 / math.log(10)
"""Of a score as it is shown, per unit of the model's: those of chess."""


@dataclass(frozen=True)
class Eyes:
    """What people's votes say of a board."""

    models: list[str]
    """In the board's order, those with votes."""
    count: list[int]
    """Votes on each model."""
    voters: int
    votes: int
    scores: dict[str, Strengths]
    """Question -> the models' scores."""
    agreement: dict[str, dict[str, Agreement]]
    """Question -> metric -> how far it agrees."""

    @property
    def story(self) -> str:
        """What the numbers are."""
        people = f"{self.votes} votes of {self.voters} people" if self.voters > 1 else f"{self.votes} votes of 1 person"
        others = "voters and pairs" if self.voters > 1 else "pairs alone: one voter tells nothing of others"
        return (
            f"{people}, blind, on pairs of restorations of one degraded face. Bradley–Terry scores, 0 on average: who "
            f"has 100 points more is preferred in 64 % of the votes that are no ties. "
            f"Intervals are {LEVEL_TEXT} over {others}."
        )

    how_agreed = (
        f"How far each metric agrees with people: Kendall’s τ of their scores, with {LEVEL_TEXT} intervals over models."
    )

    @property
    def table(self) -> list[dict[str, str]]:
        """A row per model: head -> text; the preferred ones first."""
        order = np.argsort([-s for s in next(iter(self.scores.values())).value], kind="stable")  # NaN last
        return [
            {"model": self.models[n], "votes": str(self.count[n])}
            | {words: _points(self.scores[question], n) for question, words in QUESTIONS.items()}
            for n in order
        ]

    @property
    def agreement_table(self) -> list[dict[str, str]]:
        """A row per metric: head -> text."""
        return [
            {"metric": metric, "models": str(found.models)}
            | {f"τ, {words}": self.agreement[question][metric].text for question, words in QUESTIONS.items()}
            for metric, found in next(iter(self.agreement.values())).items()
            if found.models >= FEWEST
        ]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values; None for NaN."""
        found: dict[str, Any] = {"voters": self.voters, "votes": self.votes, "models": self.models, "count": self.count}
        for question, scores in self.scores.items():
            points = {name: [_plain(v * POINTS, 1) for v in values] for name, values in vars(scores).items()}
            agreement = {m: {n: _plain(v, 3) for n, v in vars(a).items()} for m, a in self.agreement[question].items()}
            found[question] = points | {"agreement": agreement}
        return found


def _points(found: Strengths, n: int) -> str:
    value, low, high = (POINTS * bound[n] for bound in (found.value, found.low, found.high))
    return "–" if math.isnan(value) else f"{value:+z.0f} ({interval(low, high, 0)})"


def _plain(value: float, digits: int) -> float | None:
    return None if math.isnan(value) else round(float(value), digits)


@once
def eyes_of(board: Board) -> Eyes | None:
    """Work out what the board's ballots say of its models; None where no vote is on pictures that it shows."""
    models, votes = _votes(board, board.ballots) if board.ballots else ([], {})
    if not votes:
        return None
    one = next(iter(votes.values()))
    scores = {question: strengths(found, len(models)) for question, found in votes.items()}
    return Eyes(
        models,
        np.bincount(np.concatenate([one.left, one.right]), minlength=len(models)).tolist(),
        len(np.unique(one.voter)),
        len(one.left),
        scores,
        {question: _agreement(board, models, found.value) for question, found in scores.items()},
    )


def _votes(board: Board, ballots: Sequence[Ballot]) -> tuple[list[str], dict[str, Votes]]:
    """The models that were voted on, in the board's order, and the votes by question."""
    made = restorations(board)
    cast = [
        (*both, vote, voter)
        for voter, ballot in enumerate(ballots)
        for vote in ballot.votes
        if (both := meant(vote.left, vote.right, made))
    ]
    named = {model for left, right, *_ in cast for model in (left, right)}
    models = [model for model in board.first_results if model in named]
    pairs = {pair: n for n, pair in enumerate(dict.fromkeys(vote.pair for _, _, vote, _ in cast))}
    rows = [(models.index(left), models.index(right), voter, pairs[vote.pair]) for left, right, vote, voter in cast]
    if not rows:
        return [], {}
    left, right, voter, pair = np.array(rows).T
    answers = {q: np.array([ANSWERS[getattr(vote, q)] for _, _, vote, _ in cast]) for q in QUESTIONS}
    return models, {question: Votes(left, right, answer, voter, pair) for question, answer in answers.items()}


def _agreement(board: Board, models: Sequence[str], scores: Array) -> dict[str, Agreement]:
    """How far each metric without a sign agrees with the scores of these models."""
    rows, found = board.rows.set_index("model").loc[models], {}
    for metric in measured(rows, board.metrics):
        if not board.metrics[metric].signed:
            values = rows[metric].to_numpy(float) * (1 if board.metrics[metric].higher_is_better else -1)
            found[metric] = kendall(values, scores)
    return found
