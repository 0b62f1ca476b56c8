"""Quality against cost: the models that no other one betters for less (the Pareto front)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .board import Board
from .columns import score_column
from .drawing import COLOURS, ROW, figure_of, finish, make_room, short
from .estimates import Array
from .rows import ASIDE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Cost:
    """A column of boards that is better low."""

    label: str
    unit: float = 1.0
    digits: int = 0


COSTS = {
    "parameters": Cost("parameters"),
    "macs": Cost("million MACs an image", 1e6, 1),
    "flops": Cost("training TFLOP", 1e12, 2),
    "bytes": Cost("bytes an image"),
    "milliseconds": Cost("ms an image", 1, 3),
}
"""Column of boards -> what it is; only milliseconds are no part of them, as they differ from run to run."""
APART = 0.055
"""Between names in the margin, as a part of the axes' height; less where there are many."""


def front(cost: Array, quality: Array) -> NDArray[np.bool_]:
    """Tell which of k models, given cost `(k,)` and quality `(k,)` (higher is better), no other model beats.

    One beats another if it is at least as cheap and as good, and cheaper or better. NaN takes no part.
    """
    cheaper, better = cost[:, None] <= cost, quality[:, None] >= quality
    strictly = (cost[:, None] < cost) | (quality[:, None] > quality)
    return ~(cheaper & better & strictly).any(0) & ~np.isnan(cost) & ~np.isnan(quality)


def on_front(board: Board, cost: pd.Series) -> list[str]:
    """Name the models that no other one betters for less, the cheapest first.

    Not the ideal, which knows the answer, nor what was trained elsewhere, at costs that nobody counted.
    """
    cost = cost.where(~board.rows["role"].isin(ASIDE))
    found = board.rows.assign(cost=cost)[front(cost.to_numpy(float), board.quality.to_numpy(float))]
    return list(found.sort_values(["cost", "model"])["model"])


def fronts(board: Board) -> dict[str, list[str]]:
    """Cost -> the models on its front, the cheapest first; milliseconds are left out.

    Only costs that are a choice, see `is_choice`. Bytes are the cost of codecs, and no cost elsewhere.
    """
    if board.ranked_by is None:
        return {}
    costs = {
        name: board.rows[name] for name in COSTS if name in board.rows and (name == "bytes") == bool(board.compression)
    }
    return {name: on_front(board, cost) for name, cost in costs.items() if is_choice(board, cost)}


def is_choice(board: Board, cost: pd.Series) -> bool:
    """True for costs that differ by more than a tenth: the same budget for all is no choice to weigh."""
    paid = cost[(cost > 0) & ~board.rows["role"].isin(ASIDE)]
    return len(paid) > 1 and bool(paid.max() > 1.1 * paid.min())


def pareto(board: Board) -> Figure | None:
    """Quality against each cost in which the models differ; those on the front are named in the margin."""
    found, metric = fronts(board), board.ranked_by
    if not found or metric is None:
        return None
    figure = figure_of(5.5 * len(found) + 0.5, 4.5)
    for position, (cost, names) in enumerate(found.items()):
        axes = figure.add_subplot(1, len(found), position + 1)
        rows = board.rows[~board.rows["role"].isin(ASIDE) & board.rows[metric].notna()]
        x, y = rows[cost] / COSTS[cost].unit, rows[metric]
        axes.set_xscale("symlog", linthresh=x[x > 0].min(), linscale=0.4)  # some cost nothing
        finish(axes, COSTS[cost].label, score_column(board, metric).quantity if position == 0 else "")
        draw_front(axes, dict(zip(rows["model"], zip(x, y, strict=True), strict=True)), names)
    return figure


def draw_front(
    axes: Axes,
    points: Mapping[str, tuple[float, float]],
    names: Collection[str],
    where: Literal["pre", "post"] = "post",
) -> None:
    """Draw models as points, and those of these names as a front, named in the margin.

    `where` is `post` where less is better across, else `pre`.
    """
    on, off = ([p for m, p in points.items() if (m in names) is there] for there in (True, False))
    (others, below), (x, y) = (np.array(some).reshape(-1, 2).T for some in (off, on))
    axes.scatter(others, below, s=18, color="#999999")
    order = np.lexsort((y, x))
    axes.step(x[order], y[order], where=where, color=COLOURS[0], lw=1)
    axes.scatter(x, y, s=26, color=COLOURS[0], zorder=3)
    _name_in_margin(axes, x, y, [model for model in points if model in names])


def _name_in_margin(axes: Axes, x: np.ndarray, y: np.ndarray, names: Sequence[str]) -> None:
    """Write names right of the axes, near the height of their points, with a line to each; they never overlap."""
    make_room(axes, ROW * len(y))
    order = np.argsort(y, kind="stable")
    heights = (axes.transData - axes.transAxes).transform(np.stack([x, y], 1))[:, 1]
    own, steps = heights[order], min(APART, 1 / max(1, len(y))) * np.arange(len(y))
    moved = np.maximum.accumulate(own - steps) + steps
    moved -= (moved - own).sum() / max(1, len(y))
    for point, height in zip(order, np.clip(moved, steps, 1 - steps[::-1]), strict=True):
        axes.annotate(
            short(names[point]), (x[point], y[point]), (1.03, height), textcoords="axes fraction", fontsize=8,
            va="center", annotation_clip=False, arrowprops={"arrowstyle": "-", "lw": 0.5, "color": "#999999"},
        )  # fmt: skip
