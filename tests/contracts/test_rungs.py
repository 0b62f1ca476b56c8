"""Rungs: where they lie, and which step of a training comes nearest to each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbench.contracts.budget import Budget
from benchbench.contracts.rungs import rung_text, rungs_at, rungs_up_to


def test_rungs_are_one_two_five_from_a_tenth_of_a_teraflop() -> None:
    assert rungs_up_to(1e13) == [1e11, 2e11, 5e11, 1e12, 2e12, 5e12, 1e13]
    assert rungs_up_to(9.9e10) == []


@given(st.floats(1e7, 1e13), st.integers(1, 2000))
def test_each_rung_comes_once_at_the_step_where_a_budget_of_it_ends(step_flops: float, steps: int) -> None:
    steps = min(steps, int(1e13 / step_flops) + 2)
    found = {rung: step for step in range(1, steps + 1) for rung in rungs_at(step, step_flops)}
    for rung, step in found.items():
        budget = Budget.parse(rung_text(rung))
        assert budget.amount == pytest.approx(rung, rel=1e-12)
        assert budget.steps(1, 10, step_flops, 1) == step
    passed = [rung for rung in rungs_up_to(steps * step_flops) if rung > step_flops]
    assert list(found)[-len(passed) :] == passed or set(passed) <= set(found)


def test_a_step_beyond_the_first_rungs_has_not_been_there() -> None:
    assert [rungs_at(step, 4e11) for step in (1, 2, 3)] == [[5e11], [1e12], []]
    assert rungs_at(1, 0.0) == []
