"""Where curves go on to: intervals that hold as often as they say, and none where no law is known."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest
import results
from boards import BASELINE, board
from scipy import stats

from benchbench.boards.estimates import Array, Estimate, estimate
from benchbench.boards.forecast import MISFIT, SPREAD, USUAL, forecast
from benchbench.boards.markdown.index import write_index
from benchbench.boards.view import view_of
from benchbench.boards.write import as_json

FLOPS = np.array([1e11, 2e11, 5e11, 1e12])
SLOWING = np.array([[20.0, 22.0, 23.5, 24.1]])


def estimated(curves: Array, noise: float = 0.05, seeds: int = 3) -> Estimate:
    """Models with these curves `(k, r)`, whose scores vary by training, by image, and by both."""
    draw = np.random.default_rng(5)
    k, rungs = curves.shape
    model = np.repeat(np.arange(k), seeds)
    by_training = noise * draw.normal(size=(k * seeds, 1, rungs))
    by_image = 2 * draw.normal(size=(1, 10, 1)) + noise * draw.normal(size=(k * seeds, 10, rungs))
    return estimate(curves[model][:, None] + by_training + by_image, model, np.ones(k, bool), np.arange(10))


def laws(k: int, flops: Array) -> Array:
    """Power laws with exponents such as are usual, each score off by a share of its distance from that at 1 TFLOP."""
    draw = np.random.default_rng(9)
    exponent = USUAL * np.exp(SPREAD * draw.normal(size=(k, 1)))
    way = (1 - (flops / 1e12) ** -exponent) / exponent
    return 25 + draw.uniform(0.3, 3, (k, 1)) * way * (1 + MISFIT * draw.normal(size=way.shape))


@pytest.mark.parametrize("noise", [0.03, 0.3])
def test_intervals_hold_as_often_as_they_say_where_laws_are_off_as_they_are_taken_to_be(noise: float) -> None:
    scores = estimated(laws(120, np.append(FLOPS, 1e13)), noise)
    found, truth = forecast(scores.columns(np.arange(4)), FLOPS, 1e12), scores.value[:, 4]
    known = ~np.isnan(found.value[:, -1])
    held = ((found.low[:, -1] <= truth) & (truth <= found.high[:, -1]))[known].sum()
    assert known.mean() > 0.8
    assert stats.binomtest(int(held), int(known.sum()), 0.95).pvalue > 0.05


def test_in_other_units_or_turned_round_a_forecast_is_the_same() -> None:
    scores = estimated(SLOWING)
    turned = dataclasses.replace(
        scores,
        value=5 - 100 * scores.value,
        influence=-100 * scores.influence,
        seeds=1e4 * scores.seeds,
        doubt=1e4 * scores.doubt,
    )
    found, other = forecast(scores, FLOPS, 1e12), forecast(turned, FLOPS, 1e12)
    assert other.value == pytest.approx(5 - 100 * found.value, abs=1e-3)
    assert other.low == pytest.approx(5 - 100 * found.high, abs=1e-3)


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_a_forecast_has_as_many_digits_however_small_or_large_the_scores(unit: float) -> None:
    scores = estimated(SLOWING)
    other = dataclasses.replace(
        scores,
        value=unit * scores.value,
        influence=unit * scores.influence,
        seeds=unit**2 * scores.seeds,
        doubt=unit**2 * scores.doubt,
    )
    found, tiny = (forecast(known, FLOPS, 1e12) for known in (scores, other))
    for name in ("value", "low", "high"):
        assert getattr(tiny, name) == pytest.approx(unit * getattr(found, name), rel=1e-5)


@pytest.mark.parametrize(
    ("curve", "seeds"),
    [([20, 20.2, 21, 23], 3), ([20, 22, math.nan, math.nan], 3), (SLOWING[0], 1), (1e160 * SLOWING[0], 3)],
    ids=["it speeds up", "two rungs", "one training", "too large for its square"],
)
def test_there_is_none_without_a_law(curve: list[float], seeds: int) -> None:
    found = forecast(estimated(np.array([curve]), seeds=seeds), FLOPS, 1e12)
    assert np.isnan(found.value).all()


def test_a_model_that_was_trained_so_far_has_none_there_and_counts_to_its_end_elsewhere() -> None:
    scores = estimated(np.array([[20.0, 22.0, 23.5, 24.1], [20.0, 22.0, 23.5, math.nan]]))
    found = forecast(scores, FLOPS, 1e11)
    assert found.flops.tolist() == [2e11, 5e11, 1e12]
    assert np.isnan(found.value).tolist() == [[True, True, True], [True, True, False]]


def test_the_check_leaves_out_each_last_rung() -> None:
    ends = np.array([[20.0, 22.0, 23.5, 24.1], [20.0, 22.0, 23.5, 40.0], [20.0, 22.0, 23.5, math.nan]])
    found = forecast(estimated(ends), FLOPS, 1e12)
    assert (found.checked, found.held) == (2, 1)


def test_a_board_says_what_it_forecasts_and_how_often_that_held(tmp_path: Path) -> None:
    for seed in range(3):
        peaks = SLOWING[0] + 0.05 * np.array([(seed * n) % 3 for n in (1, 2, 1, 2)])
        rungs = {flops: {"peak": peak} for flops, peak in zip(FLOPS.tolist(), peaks.tolist(), strict=True)}
        results.write(tmp_path, model="slow", seed=seed, rungs=rungs)
    results.write(tmp_path, **BASELINE)
    view = view_of(board(tmp_path))
    assert [c.head for c in view.course[0]][-1] == "forecast at 10 TFLOP"
    cells = {row.model: row.cells["forecast"] for row in view.course[1]}
    assert cells["identity"].full == "–"
    low, high = cells["slow"].margin.strip("()").split(" to ")
    assert float(low) < float(cells["slow"].text) < float(high)
    assert "held its score for 1 of 1 models" in view.story[-1]
    told = json.loads(json.dumps(as_json(view.board)))["forecast"]
    assert told["value"]["slow"][-1] == pytest.approx(cells["slow"].value)
    assert list(told["low"]) == ["slow"]
    assert "in 1 of 1 cases" in write_index([view.board], tmp_path).read_text()
