"""A board's plots over training and over bytes, and the list of all that a board has."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..files import write_atomically
from ..results import store
from ..results.history import read as read_history
from ..results.store import GRADIENT
from .board import Board
from .columns import Column, score_column
from .drawing import COLOURS, figure_file, figure_of, finish, legend_beside, log_across, own_style, short, style
from .estimates import LEVEL_TEXT
from .ladder import curve
from .pareto import pareto
from .plane import plane, plane_of
from .text import interval, number, rung_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMED_STAGES = 8  # of a model; of one with more, only the first and the last are named
FRONT = "front: none is better in both"
PLOTTED = {"flops", "epoch", "train_loss", "validation_loss", "validation_psnr"}


def write_plots(stem: Path, board: Board) -> dict[str, Path]:
    """Write every plot that the board has data for, as `<stem>-<name>.webp`; returns name -> path."""
    written = {}
    with own_style():
        for name, plot in PLOTS.items():
            if (figure := plot.draw(board)) is not None:
                written[name] = stem.with_name(f"{stem.name}-{name}.webp")
                write_atomically(written[name], figure_file(figure))
    return written


@dataclass(frozen=True)
class Curves:
    """The lines of one chart, for whoever draws it."""

    labels: tuple[str, str]
    """What lies across, and what up."""
    lines: Mapping[str, Sequence[tuple[float, float]]]
    """Name -> points."""
    log: str = ""
    """The axes that are logarithmic where all values are positive: `x`, `y`, or both."""
    marks: bool = False
    """True to show each point."""
    more: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Name -> what else is to be said of each of its points, in their order."""
    stops: Mapping[str, float] = field(default_factory=dict)
    """Places across that have a name, to be marked."""


def histories_of(board: Board) -> dict[str, list[dict[str, float]]]:
    """Model -> history of its first seed, best model first."""
    return {model: rows for model, result in board.first_results.items() if (rows := history_of(result))}


def history_of(result: store.Result) -> list[dict[str, float]]:
    """The rows of a result's history; none if it has none that can be plotted: whoever shows it does without."""
    try:
        rows = read_history(result.folder)
    except (OSError, ValueError):
        return []
    return rows if rows and rows[0].keys() >= PLOTTED else []


def learning_of(board: Board) -> Curves:
    """Validation PSNR against the FLOPs spent by each model's first training: comparable, unlike the losses."""
    histories = histories_of(board)
    lines = {m: [(row["flops"] / 1e12, row["validation_psnr"]) for row in rows] for m, rows in histories.items()}
    return Curves(("training compute [TFLOP]", "validation PSNR [dB]"), lines, log="x")


def climbs_of(board: Board) -> Curves:
    """Ranking score at each rung of training, one line per trained model."""
    course, first = board.course, board.ranked_by
    if course is None or first is None:
        return Curves(("", ""), {})
    row = {model: n for n, model in enumerate(course.models) if course.trained[n]}
    models, flops = [model for model in board.rows["model"] if model in row], course.flops.tolist()
    lines = {model: list(zip(course.flops / 1e12, course.scores.value[row[model]], strict=True)) for model in models}
    column = score_column(board, first)
    low, high = course.scores.interval()
    more = {}
    for model in models:
        bounds = [interval(*ends, column.digits) for ends in zip(low[row[model]], high[row[model]], strict=True)]
        seeds = _by_seed(board, model, column)
        more[model] = [
            " · ".join(filter(None, [b and f"{LEVEL_TEXT} interval {b}", *seeds[f]]))
            for b, f in zip(bounds, flops, strict=True)
        ]
    stops = {rung_name(f): f / 1e12 for f in flops}
    return Curves(("training compute [TFLOP]", column.quantity), lines, "x", marks=True, more=more, stops=stops)


def _by_seed(board: Board, model: str, column: Column) -> dict[float, list[str]]:
    """Rung -> the score of each training of a model there, in words."""
    found: dict[float, list[str]] = defaultdict(list)
    for result in board.ended:
        if result.record.trial.model == model:
            for rung in result.record.rungs:
                if score := rung.scores.get(column.key):
                    found[rung.flops].append(f"seed {result.record.trial.seed}: {number(score.mean, column.digits)}")
    return found


def losses_of(history: Sequence[Mapping[str, float]]) -> Curves:
    """Training and validation loss over the epochs."""
    kinds = ("train_loss", "validation_loss")
    lines = {kind.replace("_", " "): [(row["epoch"], row[kind]) for row in history] for kind in kinds}
    return Curves(("epochs", "loss"), lines, log="y")


def rates_of(board: Board, metric: str = "") -> Curves:
    """Quality, by the first metric if none is named, against the rate: one line per codec, one point per setting.

    Only where nothing is degraded.
    """
    found = board.compression
    if found is None:
        return Curves(("", ""), {})
    metric = metric or found.metrics[0]
    lines = {curve.codec: list(zip(curve.bits, curve.quality[metric], strict=True)) for curve in found.curves}
    more = {curve.codec: curve.models for curve in found.curves}
    labels = ("bits per pixel (files, headers included)", score_column(board, metric).quantity)
    return Curves(labels, lines, "x", marks=True, more=more)


def plane_curves_of(board: Board) -> Curves:
    """Perception against distortion: the front as a line, and each model as a point."""
    found = plane_of(board)
    if found is None:
        return Curves(("", ""), {})
    points = {model: [point] for model, point in found.points.items()}
    lines = {FRONT: [found.points[model] for model in found.front]} | points
    return Curves((found.distortion, found.perception), lines, found.log, marks=True)


def _drawn(curves: Curves, width: float) -> Figure | None:
    if not curves.lines:
        return None
    figure = figure_of(width, 4.5)
    axes = figure.add_subplot()
    for position, (name, points) in enumerate(curves.lines.items()):
        looks = style(position) | {"marker": "o" if curves.marks else _marker(points), "ms": 4}
        axes.plot(*zip(*points, strict=True), lw=1.2 if curves.marks else 1.5, label=short(name), **looks)
    if "x" in curves.log:
        log_across(axes)
    finish(axes, *curves.labels)
    legend_beside(axes)
    return figure


def _marker(points: Sequence[object]) -> str:
    """A single point has no line to be seen by."""
    return "o" if len(points) == 1 else ""


def losses(board: Board) -> Figure | None:
    """Training and validation loss of each model over its epochs, a panel per model."""
    histories = histories_of(board)
    if not histories:
        return None
    figure = _panels(histories)
    for axes, history in zip(figure.axes, histories.values(), strict=True):
        lines = losses_of(history).lines
        for (name, points), colour in zip(lines.items(), (COLOURS[1], COLOURS[0]), strict=True):
            axes.plot(*zip(*points, strict=True), color=colour, lw=1.2, marker=_marker(points), label=name)
        if all(loss > 0 for points in lines.values() for _, loss in points):
            axes.set_yscale("log")
    figure.axes[0].legend(fontsize=6, frameon=False)
    return figure


def gradients(board: Board) -> Figure | None:
    """The gradient's norm in each stage of the models whose gradients were watched, a panel a model."""
    histories = {
        model: watched
        for model, rows in histories_of(board).items()
        if (watched := [row for row in rows if any(map(math.isfinite, _norms(row).values()))])
    }
    if not histories:
        return None
    from matplotlib import colormaps

    figure = _panels(histories)
    for axes, history in zip(figure.axes, histories.values(), strict=True):
        epochs, stages = [row["epoch"] for row in history], list(_norms(history[-1]))
        shades = colormaps["viridis"].resampled(len(stages) + 1)  # from the first stage, dark, to the last
        for position, stage in enumerate(stages):
            values = [_norms(row)[stage] or math.nan for row in history]  # a logarithm has no place for zero
            named = len(stages) <= NAMED_STAGES or position in (0, len(stages) - 1)
            label = short(stage, 22) if named else f"_{position}"
            axes.plot(epochs, values, color=shades(position), lw=1.0, marker=_marker(history), label=label)
        axes.set_yscale("log")
        axes.legend(fontsize=5, frameon=False)
    figure.supylabel("norm of the gradient", fontsize=8)
    return figure


def _norms(row: Mapping[str, float]) -> dict[str, float]:
    return {name.removeprefix(GRADIENT): value for name, value in row.items() if name.startswith(GRADIENT)}


def _panels(models: Collection[str]) -> Figure:
    """A figure with a small panel for each model, over epochs."""
    columns = min(4, len(models))
    rows = math.ceil(len(models) / columns)
    figure = figure_of(2.6 * columns + 0.6, 2.0 * rows + 0.4)
    for position, model in enumerate(models):
        axes = figure.add_subplot(rows, columns, position + 1)
        axes.set_title(short(model, 28), fontsize=8)
        axes.tick_params(labelsize=6, which="both")
        axes.grid(alpha=0.2)
    figure.supxlabel("epochs", fontsize=8)
    return figure


class Plot(NamedTuple):
    """A kind of plot: what draws it of a board, or None, and what it shows, in words."""

    draw: Callable[[Board], Figure | None]
    words: str


PLOTS = {
    "curve": Plot(
        curve, f"score of each model against training compute and training time, with {LEVEL_TEXT} intervals"
    ),
    "pareto": Plot(pareto, "quality against what it costs"),
    "plane": Plot(plane, "perception against distortion of each model"),
    "learning": Plot(
        lambda board: _drawn(learning_of(board), 8),
        "validation PSNR against the training compute spent, in each model's first training",
    ),
    "losses": Plot(losses, "training and validation loss of each model's first training"),
    "gradients": Plot(gradients, "norm of the gradient in each stage of the models whose gradients were watched"),
    "rate": Plot(lambda board: _drawn(rates_of(board), 8), "quality against bits per pixel, a line per codec"),
}
