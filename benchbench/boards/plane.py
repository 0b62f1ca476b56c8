"""Perception against distortion: what a restorer loses of the one by gaining of the other.

Blau & Michaeli 2018 (arXiv 1711.06077): no restorer can be best both in how near its images are to the clean ones and
in how alike the distributions of both are. On this plane each model is a point, and the front are those that no other
model beats in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..contracts.model import IDEAL
from .board import Board
from .columns import score_column
from .drawing import figure_of, finish
from .once import once
from .pareto import draw_front, on_front
from .sets import set_metrics
from .text import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure


WIDE = 30  # times the least score: above that the axis is logarithmic


@dataclass(frozen=True)
class Plane:
    """The plane of a board: its two metrics, and where the models lie."""

    distortion: str
    """The label of the metric that ranks."""
    perception: str
    """The label of the first metric of sets."""
    points: dict[str, tuple[float, float]]
    """Model -> its scores by both, but for the ideal, which knows the answer; as the board has them."""
    front: dict[str, str]
    """Model on the front -> its scores by both, as text; the least distortion first."""

    @property
    def log(self) -> str:
        """`y` where the perceptual scores differ so much that one of a broken model would hide all others; else ""."""
        heights = [y for _, y in self.points.values()]
        return "y" * (min(heights) > 0 and max(heights) > WIDE * min(heights))

    @property
    def story(self) -> str:
        """Who is on the front, in a sentence."""
        named = ", ".join(f"{model} ({scores})" for model, scores in self.front.items())
        return f"No model is better in both distortion ({self.distortion}) and perception ({self.perception}): {named}."


@once
def plane_of(board: Board) -> Plane | None:
    """Place the models on the plane; None where fewer than two have scores of both kinds."""
    first, of_sets, rows = board.ranked_by, set_metrics(board.rows, board.metrics), board.rows
    if first is None or not of_sets:
        return None
    known = rows[rows[first].notna() & rows[of_sets[0]].notna() & (rows["role"] != IDEAL)].set_index("model")
    if len(known) < 2:
        return None
    columns = [score_column(board, name) for name in (first, of_sets[0])]
    sign = -1 if columns[1].higher_is_better else 1
    texts = {m: ", ".join(number(known.loc[m, c.key], c.digits) for c in columns) for m in known.index}
    distortion, perception = (f"{column.quantity} {column.arrow}" for column in columns)
    return Plane(
        distortion,
        perception,
        {model: (x, y) for model, x, y in known[[c.key for c in columns]].itertuples()},
        {model: texts[model] for model in reversed(on_front(board, sign * rows[of_sets[0]]))},
    )


def plane(board: Board) -> Figure | None:
    """Draw the plane: distortion across, perception up; the models on the front are named in the margin."""
    found = plane_of(board)
    if found is None:
        return None
    figure = figure_of(6.5, 4.5)
    axes = figure.add_subplot()
    if found.log:
        axes.set_yscale("log")
    finish(axes, found.distortion, found.perception)
    draw_front(axes, found.points, list(found.front), "pre" if "↑" in found.distortion else "post")
    return figure
