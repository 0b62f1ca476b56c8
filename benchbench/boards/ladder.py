"""What a board shows of scores against compute: a table, who leads and where curves cross, lines of charts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..contracts.model import COMPETES, IDEAL
from .board import Board
from .columns import Cell, Column, Filled, best_of, gain, plain, score_column, with_margins
from .compute import Course
from .curves import crossings, leaders
from .drawing import figure_of, finish, legend_beside, levels, log_across, short, style
from .estimates import LEVEL_TEXT, Array
from .forecast import FEWEST, Forecast
from .rows import ASIDE, GAP, HIGH, LOW, RISE
from .text import number, rung_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CROSSINGS = 10  # that are told one by one
STEP_ASIDE = 1.04  # from bar to bar
FORECAST = "forecast"


def columns_of_course(board: Board) -> Iterator[Filled]:
    """Yield the ranking score at each rung, the mean gap to the leader, and the rise in the last doubling."""
    course, first = board.course, board.ranked_by
    if course is None or first is None:
        return
    rows, ranking = board.rows, score_column(board, first)
    values = pd.DataFrame(course.scores.value, index=course.models).reindex(rows["model"])
    for position, flops in enumerate(course.flops):
        scores = values[position].set_axis(rows.index)
        best = best_of(rows, scores, ranking.higher_is_better)
        shown = None if best is None else number(best, ranking.digits)
        texts = [number(score, ranking.digits) for score in scores]
        bests = [text == shown and role == COMPETES for text, role in zip(texts, rows["role"], strict=True)]
        cells = [Cell(t, None if math.isnan(v) else v, b) for t, v, b in zip(texts, scores, bests, strict=True)]
        yield Column(f"at {flops:g}", rung_name(flops), "course", higher_is_better=ranking.higher_is_better), cells
    if GAP in rows and rows[GAP].notna().any():
        column = Column(GAP, "mean gap", "course", digits=ranking.digits, higher_is_better=True)
        yield column, with_margins(plain(rows[GAP], lambda v: gain(v, ranking.digits)), rows, column)
    rising = set(board.rising)
    cells = plain(rows[RISE].where(rows["seeds"] != ""), lambda v: gain(v, ranking.digits))
    marked = [
        Cell(f"{cell.text} ↑", cell.value) if model in rising else cell
        for cell, model in zip(cells, rows["model"], strict=True)
    ]
    yield Column(RISE, "last doubling", "course", digits=ranking.digits, higher_is_better=True), marked
    yield from _forecast(board, course, ranking)


def _forecast(board: Board, course: Course, ranking: Column) -> Iterator[Filled]:
    """Yield the score that is forecast at ten times the compute, if any is."""
    found = board.forecast
    if found is None or np.isnan(found.value[:, -1]).all():
        return
    parts = {FORECAST: found.value, FORECAST + LOW: found.low, FORECAST + HIGH: found.high}
    order = [course.models.index(model) for model in board.rows["model"]]
    ends = pd.DataFrame({name: part[order, -1] for name, part in parts.items()})
    column = Column(FORECAST, f"forecast at {rung_name(found.flops[-1])}", "course", digits=ranking.digits)
    cells = with_margins(plain(ends[FORECAST], lambda v: number(v, ranking.digits)), ends, column)
    yield column, [replace(cell, margin=cell.interval and f"({cell.interval})") for cell in cells]


def story_of(board: Board) -> list[str]:
    """Tell who leads at which rungs, and whose curves cross, among what competes and the degraded input.

    Not of codecs, as those of more bytes are better with any training.
    """
    course = board.course
    if course is None:
        return []
    if board.compression:
        return _told_of(board.forecast)
    role = dict(zip(board.rows["model"], board.rows["role"], strict=True))
    some = np.array([n for n, model in enumerate(course.models) if role[model] not in ASIDE], np.intp)
    names, quality = [course.models[n] for n in some], course.quality.rows(some)
    found = crossings(quality, course.flops, course.trained[some])
    sure = [f"{names[c.after]} passes {names[c.before]} at {_about(c.flops)}." for c in found if c.sure]
    competing = np.array([role[name] == COMPETES for name in names])
    told = [_leads(leaders(np.where(competing[:, None], quality.value, np.nan)), names, course.flops)]
    if sure:
        more = f" And {len(sure) - CROSSINGS} more." if len(sure) > CROSSINGS else ""
        told.append(f"By more than chance: {' '.join(sure[:CROSSINGS])}{more}")
    if others := len(found) - len(sure):
        told.append(f"Crossings that chance may explain: {others}.")
    return told + _told_of(board.forecast)


def _told_of(forecast: Forecast | None) -> list[str]:
    """Say what a forecast is, and how often it was right."""
    if forecast is None or np.isnan(forecast.value[:, -1]).all():
        return []
    what = (
        f"Forecast: a power law with an offset, fitted to at least {FEWEST} rungs, with its {LEVEL_TEXT} interval; "
        "none for a curve that still speeds up."
    )
    held = f"{forecast.held} of {forecast.checked} models"
    check = f" Fitted without the last rung, the interval held its score for {held}."
    return [what + check * (forecast.checked > 0)]


def _leads(first: NDArray[np.intp], names: Sequence[str], flops: Array) -> str:
    parts = []
    for leader, places in groupby(range(len(first)), key=lambda n: int(first[n])):
        ends = list(places)
        if leader >= 0:
            parts.append(f"{names[leader]} {_span([float(flops[n]) for n in (ends[0], ends[-1])])}")
    return f"Best: {', '.join(parts)}."


def _span(ends: Sequence[float]) -> str:
    low, high = ends
    return f"at {rung_name(low)}" if low == high else f"from {rung_name(low)} to {rung_name(high)}"


def _about(flops: float) -> str:
    return rung_name(float(f"{flops:.2g}"))


def curve(board: Board) -> Figure | None:
    """Ranking score against compute, with forecasts, and against training time; 95 % intervals, a line per model."""
    course, first = board.course, board.ranked_by
    if course is None or first is None:
        return None
    figure = figure_of(12, 4.8)
    left, right = figure.subplots(1, 2, sharey=True)
    flops = np.broadcast_to(course.flops / 1e12, course.seconds.shape)
    for axes, across, ahead in ((left, flops, board.forecast), (right, course.seconds, None)):
        log_across(axes)
        _draw(axes, board, course, across, ahead)
    finish(left, "training compute [TFLOP]", score_column(board, first).quantity)
    finish(right, "training time [s]", "")
    legend_beside(right)
    return figure


def _draw(axes: Axes, board: Board, course: Course, across: Array, ahead: Forecast | None) -> None:
    """Draw the trained models as lines with bands, and the others as thin grey levels; of codecs, the trained alone."""
    low, high = course.scores.interval()
    position = level = 0
    for model, role in zip(board.rows["model"], board.rows["role"], strict=True):
        row = course.models.index(model)
        score = course.scores.value[row]
        if not course.trained[row]:
            if role != IDEAL and np.isfinite(score).any() and not board.compression:
                axes.axhline(np.nanmean(score), lw=0.8, label=short(model), **levels(level))
                level += 1
            continue
        looks = style(position)
        known = ~np.isnan(score)
        axes.plot(across[row][known], score[known], lw=1.5, marker="o", ms=3, label=short(model), **looks)
        axes.fill_between(across[row][known], low[row][known], high[row][known], color=looks["color"], alpha=0.12, lw=0)
        if ahead is not None and known.any():
            _draw_ahead(axes, ahead, row, (across[row][known][-1], score[known][-1]), position)
        position += 1


def _draw_ahead(axes: Axes, ahead: Forecast, row: int, start: tuple[float, float], position: int) -> None:
    """Go on from a model's last rung, dashed, to its last forecast, with the interval as a bar; no two at one place."""
    known = ~np.isnan(ahead.value[row])
    if not known.any():
        return
    colour = style(position)["color"]
    across = np.append(start[0], ahead.flops[known] / 1e12)
    axes.plot(across, np.append(start[1], ahead.value[row][known]), lw=1, color=colour, linestyle=(0, (2, 2)))
    beside = across[-1] * STEP_ASIDE**position
    axes.vlines(beside, ahead.low[row, -1], ahead.high[row, -1], lw=1.5, color=colour)
    axes.plot(beside, ahead.value[row, -1], marker="_", ms=7, color=colour)
