"""How far two orders of the same models agree."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import results
from boards import BASELINE, UNTRAINED

from benchbench.boards import build, collect
from benchbench.boards.agreement import across, kendall


def test_kendall_has_an_interval_that_holds_and_none_of_few_models() -> None:
    rng, held = np.random.default_rng(0), []
    for _ in range(100):
        a = rng.normal(size=12)
        found = kendall(a, 0.5**0.5 * (a + rng.normal(size=12)))  # r = 0.71, so τ = 0.5
        held.append(found.low <= 0.5 <= found.high)
    assert 0.9 <= np.mean(held) <= 0.99
    assert math.isnan(kendall(a[:4], a[:4]).low)
    assert kendall(a, -a).tau == pytest.approx(-1)


def written(out: Path, dataset: str, scores: str, rungs: tuple[float, ...] = (1e12,)) -> None:
    """Results of models a, b, …, with these scores at the first rung, and the reverse at later ones."""
    results.write(out, {"peak": 1.0}, dataset=dataset, **BASELINE)
    for k, score in enumerate(scores):
        given = {rung: {"peak": (10.0 + int(score)) * (-1 if rung > 1e12 else 1)} for rung in rungs}
        results.write(out, model="abcdefgh"[k], dataset=dataset, rungs=given)


def test_the_orders_of_two_data_sets_are_compared_at_the_highest_rung_that_both_have(tmp_path: Path) -> None:
    written(tmp_path, "drawn", "12345", (1e12, 2e12))
    written(tmp_path, "taken", "12354", (1e12,))
    [found] = across(collect(tmp_path)[0])
    assert (found.setting.dataset, found.other, found.metric) == ("drawn", "taken", "peak")
    assert found.setting.rung == 1e12
    assert found.agreement.models == 5  # without the input, on which all agree
    assert found.agreement.tau == pytest.approx(0.8)  # one pair of ten is swapped
    assert found.agreement.low < 0.8 < found.agreement.high


def test_they_are_compared_at_the_rung_that_the_boards_are_asked_for(tmp_path: Path) -> None:
    written(tmp_path, "drawn", "12345", (1e12, 2e12))
    written(tmp_path, "taken", "12354", (1e12, 2e12))
    for at, rung in ((None, 2e12), (1e12, 1e12)):
        [found] = across(collect(tmp_path, at)[0])
        assert found.setting.rung == rung


def test_boards_that_differ_in_more_than_their_data_are_not_compared(tmp_path: Path) -> None:
    written(tmp_path, "drawn", "12345")
    written(tmp_path, "taken", "12", (1e12,))  # too few
    for model in "abcde":
        results.write(tmp_path, model=model, dataset="small", size=8)
        results.write(tmp_path, model=model, dataset="otherwise", degradation_digest="another")
    assert across(collect(tmp_path)[0]) == []


def test_models_that_need_no_training_are_compared_too(tmp_path: Path) -> None:
    for dataset in ("drawn", "taken"):
        for k, model in enumerate("abc"):
            results.write(tmp_path, {"peak": 10.0 + k}, dataset=dataset, model=model, **UNTRAINED)
    [found] = across(collect(tmp_path)[0])
    assert found.agreement.tau == 1


def test_the_front_page_has_a_line_for_each_degradation(tmp_path: Path) -> None:
    written(tmp_path / "runs", "drawn", "12345")
    written(tmp_path / "runs", "taken", "54321")
    build(tmp_path / "runs", tmp_path / "boards")
    [line] = [
        line
        for line in (tmp_path / "boards" / "README.md").read_text(encoding="utf-8").splitlines()
        if "drawn, taken" in line
    ]
    assert "-1.00 (-1.00 to" in line.replace("−", "-")
