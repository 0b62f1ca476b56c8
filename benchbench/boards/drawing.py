"""What all plots share: size, colours, labels, the file."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..images import webp
from .text import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL import Image

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")  # Okabe & Ito 2008
LINES = ("-", "--", ":", "-.")
ROW = 0.175  # inches from row to row of a legend


@contextmanager
def own_style() -> Iterator[None]:
    """Draw as matplotlib does by itself, whatever this user's matplotlibrc or notebook has set.

    >>> import matplotlib
    >>> with own_style():
    ...     matplotlib.rcParams["font.size"]
    10.0
    """
    from matplotlib import style

    with style.context("default"):
        yield


def figure_of(width: float, height: float) -> Figure:
    """Make an empty figure of this size in inches, without any window or global state."""
    from matplotlib.figure import Figure

    class Shown(Figure):
        """A notebook shows it also where nobody has imported pyplot."""

        def _repr_png_(self) -> bytes:
            return png(self)

    return Shown((width, height), layout="constrained")


def png(figure: Figure) -> bytes:
    """Encode a figure as PNG with 64 colours: a quarter of the bytes. The same figure gives the same bytes."""
    small = io.BytesIO()
    _picture(figure).save(small, "PNG", optimize=True)
    return small.getvalue()


def figure_file(figure: Figure) -> bytes:
    """Encode a figure as WebP with 64 colours, without loss: two thirds of the bytes of its PNG."""
    return webp(_picture(figure).convert("RGB"))


def _picture(figure: Figure) -> Image.Image:
    from PIL import Image

    drawn = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a name may have letters that the font lacks
        figure.savefig(drawn, format="png", dpi=110)
    with Image.open(drawn) as picture:
        return picture.convert("RGB").quantize(64, Image.Quantize.FASTOCTREE)


def style(position: int) -> dict[str, Any]:
    """Colour and dashes of the line at this position; the first 28 differ."""
    return {"color": COLOURS[position % len(COLOURS)], "linestyle": LINES[position // len(COLOURS) % len(LINES)]}


def short(label: str, longest: int = 34) -> str:
    """Shorten a label for a plot, and escape `$`, which would start mathematics."""
    return shortened(label, longest).replace("$", r"\$")


def log_across(axes: Axes) -> None:
    """Make the horizontal axis logarithmic, with plain numbers at 1, 2 and 5 of each decade."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())


def levels(position: int) -> dict[str, Any]:
    """Grey and dashes of the level line at this position; the first 6 differ."""
    return {"color": ("#999999", "#444444")[position // 3 % 2], "linestyle": LINES[1 + position % 3]}


def legend_beside(axes: Axes) -> None:
    """Put the legend right of the axes, and make the figure as high as its rows need."""
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    make_room(axes, ROW * len(axes.get_legend_handles_labels()[0]))


def make_room(axes: Axes, height: float) -> None:
    """Make the figure at least so high that what stands beside its axes has `height` inches."""
    figure = axes.get_figure(root=True)
    if figure is not None:
        figure.set_figheight(max(figure.get_figheight(), height + 0.5))


def finish(axes: Axes, x: str, y: str) -> None:
    """Label the axes, add a light grid, and remove the frame's upper and right side."""
    axes.set_xlabel(short(x, 60))
    axes.set_ylabel(short(y, 60))
    axes.grid(alpha=0.2, which="both")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
