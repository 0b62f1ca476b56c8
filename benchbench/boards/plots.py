"""A board's plots over training and over bytes, and the list of all that a board has."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..files import write_atomically
from ..results import store
from ..results.history import read as read_history
from ..results.store import GRADIENT
from .board import Board
from .drawing import COLOURS, figure_of, finish, png, quantity, short, style
from .pareto import pareto
from .rows import GAIN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMED_STAGES = 8  # of a model; of one with more, only the first and the last are named
PLOTTED = {"flops", "epoch", "train_loss", "validation_loss", "validation_psnr"}


def write_plots(stem: Path, board: Board) -> dict[str, Path]:
    """Write every plot that the board has data for, as `<stem>-<name>.png`; returns name -> path."""
    written = {}
    for name, plot in PLOTS.items():
        figure = plot(board)
        if figure is not None:
            written[name] = stem.with_name(f"{stem.name}-{name}.png")
            write_atomically(written[name], png(figure))
    return written


def histories_of(board: Board) -> dict[str, list[dict[str, float]]]:
    """Model -> history of its first seed, best model first."""
    by_model: dict[str, list[dict[str, float]]] = {}
    for result in board.scored:
        if rows := history_of(result):
            by_model.setdefault(result.record.trial.model, rows)
    return {model: by_model[model] for model in board.first_results if model in by_model}


def history_of(result: store.Result) -> list[dict[str, float]]:
    """The rows of a scored result's history; none if it has none that can be plotted: whoever shows it does without."""
    try:
        rows = read_history(result.folder) if result.status == "scored" else []
    except (OSError, ValueError):
        return []
    return rows if rows and rows[0].keys() >= PLOTTED else []


def _marker(rows: Sequence[object]) -> str:
    """A single point has no line to be seen by."""
    return "o" if len(rows) == 1 else ""


def learning(board: Board) -> Figure | None:
    """Validation PSNR against the training FLOPs spent, one line a model: comparable, unlike the losses."""
    histories = histories_of(board)
    if not histories:
        return None
    figure = figure_of(8, 4.5)
    axes = figure.add_subplot()
    for position, (model, rows) in enumerate(histories.items()):
        x = [row["flops"] / 1e12 for row in rows]
        axes.plot(
            x,
            [row["validation_psnr"] for row in rows],
            label=short(model),
            lw=1.5,
            marker=_marker(rows),
            **style(position),
        )
    finish(axes, "training compute [TFLOP]", "validation PSNR [dB]")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8, frameon=False)
    return figure


def losses(board: Board) -> Figure | None:
    """Training and validation loss of each model over its epochs, a panel a model."""
    histories = histories_of(board)
    if not histories:
        return None
    figure = _panels(histories)
    for axes, history in zip(figure.axes, histories.values(), strict=True):
        epochs = [row["epoch"] for row in history]
        for kind, colour in (("train_loss", COLOURS[1]), ("validation_loss", COLOURS[0])):
            values = [row[kind] for row in history]
            axes.plot(epochs, values, color=colour, lw=1.2, marker=_marker(history), label=kind.replace("_", " "))
        if all(row[kind] > 0 for row in history for kind in ("train_loss", "validation_loss")):
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


def rate(board: Board) -> Figure | None:
    """Quality against real bytes an image: one line a codec, through its settings; a point a setting."""
    metric, families = board.ranked_by, rates_of(board)
    if metric is None or not families:
        return None
    figure = figure_of(7, 4.5)
    axes = figure.add_subplot()
    for position, (family, points) in enumerate(families.items()):
        x, y = zip(*points, strict=True)
        axes.plot(x, y, marker="o", ms=4, lw=1.2, label=short(family), **style(position))
    axes.set_xscale("log")
    finish(axes, "bytes an image (files, headers included)", quantity(board, metric))
    axes.legend(fontsize=8, frameon=False)
    return figure


def rates_of(board: Board) -> dict[str, list[tuple[float, float]]]:
    """Codec -> (bytes an image, score) of each of its settings, fewest bytes first.

    Only where the input is the clean image: elsewhere a codec's quality is that of what it was given.
    """
    metric = board.ranked_by
    if metric is None or GAIN in board.rows:  # the baseline's score is finite, so the input is degraded
        return {}
    families: dict[str, list[tuple[float, float]]] = {}
    for row in board.rows[board.rows["bytes"].notna()].to_dict("records"):
        if math.isfinite(row[metric]):
            families.setdefault(row["model"].partition(":")[0], []).append((row["bytes"], row[metric]))
    return {family: sorted(points) for family, points in sorted(families.items())}


PLOTS: dict[str, Callable[[Board], Figure | None]] = {
    "pareto": pareto,
    "learning": learning,
    "losses": losses,
    "gradients": gradients,
    "rate": rate,
}
