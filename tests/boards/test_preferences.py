"""Bradley–Terry scores: a judge whose preferences are known is found out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from benchbench.boards.preferences import LEFT, RIGHT, TIE, Votes, strengths

TRUE = np.array([1.2, 0.8, 0.3, 0.0, -0.3, -0.8, -1.2])
PAIRS = np.array(list(itertools.combinations(range(len(TRUE)), 2)) * 4)  # 84


def judged(seed: int, voters: int, true: NDArray[np.float64] = TRUE) -> Votes:
    """Votes of a judge who prefers with odds exp(b_i − b_j), and finds a fifth of equals to tie."""
    rng = np.random.default_rng(seed)
    sides = np.tile(PAIRS, (voters, 1))
    left, right = rng.permuted(sides, axis=1).T
    size = np.stack([true[left], (true[left] + true[right]) / 2 - 0.7, true[right]], 1)
    answer = (size + rng.gumbel(size=size.shape)).argmax(1)  # as a choice by these odds comes about
    return Votes(left, right, answer, np.repeat(np.arange(voters), len(PAIRS)), np.tile(np.arange(len(PAIRS)), voters))


def test_the_interval_holds_the_judges_preferences_at_its_rate() -> None:
    held = [
        (found.low <= TRUE) & (found.high >= TRUE)
        for seed in range(60)
        for found in [strengths(judged(seed, voters=3), len(TRUE))]
    ]
    assert 0.93 <= np.mean(held) <= 0.99


def test_the_order_is_found_where_votes_are_many() -> None:
    votes = judged(0, voters=40)
    assert (votes.answer == TIE).mean() > 0.1
    found = strengths(votes, len(TRUE))
    assert list(np.argsort(-found.value)) == list(range(len(TRUE)))
    assert found.value == pytest.approx(TRUE, abs=0.25)
    assert found.value.sum() == pytest.approx(0, abs=1e-3)


def test_voters_who_vote_as_one_make_nothing_surer() -> None:
    alone = judged(0, voters=1)
    crowd = Votes(*(np.tile(part, 12) for part in (alone.left, alone.right, alone.answer)),
                  np.repeat(np.arange(12), len(PAIRS)), np.tile(alone.pair, 12))  # fmt: skip
    one, many = (strengths(votes, len(TRUE)) for votes in (alone, crowd))
    assert ((many.high - many.low) / (one.high - one.low)).min() > 0.6
    strangers = strengths(judged(0, voters=12), len(TRUE))
    assert ((strangers.high - strangers.low) / (one.high - one.low)).max() < 0.5


def test_who_wins_all_is_first_by_a_finite_score_and_who_met_nobody_has_none() -> None:
    left, right = np.array([0, 0, 0, 1, 4]), np.array([1, 2, 1, 2, 5])
    found = strengths(Votes(left, right, np.array([LEFT, LEFT, LEFT, RIGHT, TIE]), np.zeros(5, int), np.arange(5)), 6)
    assert found.value[0] == max(found.value[:3])
    assert np.isfinite([found.low[:3], found.high[:3]]).all()
    assert np.isnan(found.value[3:]).all()  # 3 met nobody, 4 and 5 only each other: there is no common scale
