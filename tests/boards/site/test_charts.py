"""Charts and histograms: numpy's counts, values in order, nothing drawn that is not finite."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import Page

from benchbench.boards.plots import Curves
from benchbench.boards.site.charts import Axis, line_chart
from benchbench.boards.site.pictures import BINS, DIGITS, histogram


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_a_plain_image_has_one_bin_a_channel(colour: tuple[int, int, int]) -> None:
    levels = [DIGITS.index(d) for d in histogram(np.tile(np.uint8(colour), (4, 4, 1)))]
    assert len(levels) == 3 * BINS
    for channel, value in enumerate(colour):
        own = levels[channel * BINS : (channel + 1) * BINS]
        assert [bin for bin, level in enumerate(own) if level] == [value // (256 // BINS)]
        assert max(own) == 63


def test_a_histogram_is_that_of_numpy_up_to_rounding() -> None:
    image = np.random.default_rng(1).normal(120, 50, (64, 64, 3)).clip(0, 255).astype(np.uint8)
    levels = np.array([DIGITS.index(d) for d in histogram(image)]).reshape(3, BINS)
    for channel in range(3):
        counts, _ = np.histogram(image[..., channel], BINS, (0, 256))
        assert np.abs(levels[channel] / 63 - np.sqrt(counts / counts.sum())).max() <= 0.5 / 63 + 1e-9


FINITE = st.floats(-1e6, 1e6)


@given(st.lists(FINITE, min_size=1, max_size=9), st.booleans())
def test_an_axis_holds_its_values_in_order(values: list[float], log: bool) -> None:
    axis = Axis.over("x", values, log)
    places = [axis.position(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in places)
    ticks = axis.ticks(5)
    assert len(ticks) >= 2
    assert all(-1e-9 <= axis.position(tick) <= 1 + 1e-9 for tick in ticks)


@pytest.mark.parametrize(
    ("ends", "ticks"),
    [((0.1, 1), [0.1, 0.2, 0.5, 1]), ((0.014, 7.4), [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]),
     ((0.5, 2e4), [1, 10, 100, 1000, 1e4]), ((1.1, 2.9), [1.5, 2, 2.5])],
)  # fmt: skip
def test_a_logarithmic_axis_has_as_many_ticks_as_one_can_read_between(
    ends: tuple[float, float], ticks: list[float]
) -> None:
    assert Axis.over("x", ends, log=True).ticks(5) == pytest.approx(ticks)


def test_what_is_not_finite_is_not_drawn() -> None:
    assert line_chart("t", Curves(("x", "y"), {"a": [(1.0, math.inf), (math.nan, 2.0)]})) == ""
    points = [(1.0, math.inf), (1.0, 2.0), (2.0, 3.0)]
    some = line_chart("t", Curves(("x & y", "y"), {"<a>": points}, log="y"))
    drawn = Page(some)
    assert drawn.inside("title") == ["<a>"]
    assert "x & y" in drawn.inside("text")
    assert "inf" not in some
    assert "nan" not in some
