"""Plots of many models: all that is written stays within the figure, and no two rows lie over each other."""

from __future__ import annotations

from pathlib import Path

import codecs_board
import gallery
import numpy as np
import results
from boards import UNTRAINED, board

from benchbench.boards.drawing import png
from benchbench.boards.ladder import curve, story_of
from benchbench.boards.pareto import pareto
from benchbench.boards.view import view_of


def test_a_legend_of_many_rows_has_room(tmp_path: Path) -> None:
    gallery.of_rungs(tmp_path)
    for number in range(40):
        results.write(tmp_path, {"peak": 20 + number / 7}, model=f"untrained:number={number}", size=16, **UNTRAINED)
    figure = curve(board(tmp_path))
    assert figure is not None
    png(figure)  # matplotlib warns where the layout fails, and warnings are errors
    legend = figure.axes[1].get_legend()
    assert legend is not None
    assert len(legend.get_texts()) == 42
    bounds = legend.get_window_extent()
    assert 0 <= bounds.x0 < bounds.x1 <= figure.bbox.x1
    assert 0 <= bounds.y0 < bounds.y1 <= figure.bbox.y1
    axes = figure.axes[0].get_window_extent()
    assert axes.height > figure.bbox.height / 2
    assert axes.width > figure.bbox.width / 4


def test_many_names_in_the_margin_stay_within_the_figure(tmp_path: Path) -> None:
    for number in range(30):
        results.write(tmp_path, {"peak": 20 - 1 / (number + 1)}, model=f"m{number}", parameters=100 * (number + 1))
    figure = pareto(board(tmp_path))
    assert figure is not None
    png(figure)
    [axes] = figure.axes
    heights = sorted(text.xyann[1] for text in axes.texts)  # as parts of the axes'
    assert len(heights) == 30
    assert heights[0] >= 0
    assert heights[-1] <= 1
    assert np.diff(heights).min() * axes.get_window_extent().height > axes.texts[0].get_fontsize() / 72 * figure.dpi


def test_of_codecs_only_the_trained_ones_are_drawn_and_told_against_compute(tmp_path: Path) -> None:
    """Those of more bytes are better with any training: nobody leads."""
    codecs_board.small(tmp_path)
    for seed in (0, 1):
        rungs = {1e12: {"peak": 20.0, "mean-error": 0.05}, 2e12: {"peak": 22.0 + seed, "mean-error": 0.04}}
        codecs_board.store(tmp_path, "net", 1, 22, 50, rungs=rungs, training="any-time", seed=seed, macs=9)
    found = board(tmp_path)
    figure = curve(found)
    assert figure is not None
    assert {line.get_label() for line in figure.axes[0].lines if not str(line.get_label()).startswith("_")} == {
        "net:quality=1"
    }
    columns, rows = view_of(found).course
    assert [row.model for row in rows] == ["net:quality=1"]
    assert not any("gap" in column.head for column in columns)
    assert not any(word in sentence for sentence in story_of(found) for word in ("Best", "passes", "Crossings"))
    assert not any("MACs" in note.text for note in view_of(found).notes)
    assert list(view_of(found).chains) == ["bytes an image"]
    assert np.isnan(found.rows.set_index("model").loc["identity", "bytes"])
