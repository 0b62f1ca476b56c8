"""Overall boards as files: Markdown, CSV, JSON, Parquet, and the critical-difference diagram."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd

from ...files import write_atomically
from ..board import Board
from ..columns import gain
from ..drawing import COLOURS, figure_of, png, short
from ..overall import FEWEST, MEAN_RANK, Overall, groups, overall
from ..rows import HIGH, LOW
from ..tables import write_files
from ..text import NARROW, arrow, escape, margin, table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEM = "overall"


def write_overall(boards: Sequence[Board], folder: Path, *, redraw: bool = True) -> list[Path]:
    """Write `<data set>/overall.md|csv|json|parquet|png` for all data sets that have several degradations.

    Without `redraw`, they stay as they are where nothing has changed.
    """
    written = []
    for dataset, group in groupby(overall(boards), key=lambda o: o.boards[0].setting.file[0]):
        members, stem = list(group), folder / dataset / STEM
        draw = functools.partial(_draw, stem, members)
        written.append(write_files(stem, [_as_json(o) for o in members], draw, redraw=redraw))
    return written


def _draw(stem: Path, members: Sequence[Overall]) -> tuple[str, pd.DataFrame]:
    """Write the diagrams of the overall boards of a data set; returns their page and their table."""
    sections = [_section(o, _picture(stem, o, len(members))) for o in members]
    text = f"# All degradations of {escape(members[0].league.dataset)}\n\n" + "\n".join(sections)
    flat = [pd.DataFrame([vars(o.league)] * len(o.rows)).join(o.rows) for o in members]
    return text, pd.concat(flat, ignore_index=True)


def _as_json(found: Overall) -> dict[str, Any]:
    return {
        **vars(found.league),
        "ranked_by": found.metric,
        "degradations": [b.setting.degradation for b in found.boards],
        "friedman": None if math.isnan(found.friedman) else found.friedman,
        "critical_difference": None if math.isnan(found.critical) else found.critical,
        "rows": [{k: None if v != v else v for k, v in row.items()} for row in found.rows.to_dict("records")],
        "partial": found.partial,
    }


# ── for people ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _section(found: Overall, picture: str | None) -> str:
    league = found.league
    names = [f"[{escape(b.setting.degradation)}]({quote(b.setting.file[1])}.md)" for b in found.boards]
    parts = [
        f"## {league.title}",
        f"Protocol {league.protocol} · data `{league.fingerprint}` · {len(names)} degradations: {', '.join(names)}",
        _table(found) if len(found.rows) else "No model was scored on all of them.",
        f"![mean ranks, and which of them cannot be told apart]({quote(picture)})" if picture else "",
        _notes(found),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(found: Overall) -> str:
    facts = found.boards[0].metrics[found.metric]
    head = f"mean gain {escape(found.metric)} {arrow(facts)}" + (f" [{escape(facts.unit)}]" if facts.unit else "")
    known = "mean_recovered" in found.rows and found.rows["mean_recovered"].notna().any()
    rows = []
    for row in found.rows.to_dict("records"):
        half = margin(row[MEAN_RANK + LOW], row[MEAN_RANK + HIGH], 1)
        cells = {
            "model": escape(row["model"]),
            "mean rank ↓": f"{row[MEAN_RANK]:.1f}" + (NARROW + half if half else ""),
            f"boards won of {len(found.boards)}": str(row["won"]),
            head: gain(row["mean_gain"], facts.digits),
        }
        if known:
            recovered = row["mean_recovered"]
            cells["mean recovered ↑"] = f"{100 * recovered:.0f} %" if math.isfinite(recovered) else "–"
        rows.append(cells)
    return table(rows, "model")


def _notes(found: Overall) -> str:
    lines = [
        f"Models are ranked on each degradation by {escape(found.metric)}; these are the means of their ranks"
        + (", ± half of the 95 % interval over the degradations." if len(found.boards) >= FEWEST else "."),
        "A board is won by every competing model that may be its best. Gain is over the degraded input"
        + ("; recovered counts where an ideal inverse is known." if "mean_recovered" in found.rows else "."),
        "Left out: the ideal, codecs that are not trained, and boards whose input is not degraded.",
    ]
    if math.isfinite(found.critical):
        verdict = "the models differ" if found.friedman <= 0.05 else "it is not certain that any two differ"
        lines.append(
            f"Friedman test: p = {found.friedman:.2g}, so {verdict}. Mean ranks nearer than {found.critical:.2f} "
            "cannot be told apart (Nemenyi, 95 %; Demšar 2006)."
        )
    if found.partial:
        names = ", ".join(f"{escape(model)} ({n})" for model, n in found.partial.items())
        lines.append(f"Not ranked, because they have scores on some of the degradations only: {names}.")
    return "\n".join(f"- {line}" for line in lines)


def _picture(stem: Path, found: Overall, siblings: int) -> str | None:
    if not math.isfinite(found.critical):
        return None
    own = stem.name if siblings == 1 else f"{stem.name}-{found.league.code}"
    path = stem.with_name(f"{own}.png")
    write_atomically(path, png(critical_difference(found)))
    return path.name


def critical_difference(found: Overall) -> Figure:
    """Demšar's diagram: models at their mean ranks, the better half named on the left; bars join what is alike."""
    ranks, names = found.rows[MEAN_RANK].to_numpy(float), list(found.rows["model"])
    bars = groups(ranks, found.critical)
    half = (len(names) + 1) // 2
    top = 0.45 * (len(bars) + 1)
    depth = top + half * 0.5
    figure = figure_of(9, 1.1 + 0.42 * (depth + 1))
    axes = figure.add_subplot()
    first, last = 1.0, float(len(names))
    outside = 0.04 * (last - first)
    for position, (rank, name) in enumerate(zip(ranks, names, strict=True)):
        left = position < half
        height = -top - 0.5 * (position if left else len(names) - 1 - position)
        end = first - outside if left else last + outside
        axes.plot([rank, rank, end], [0, height, height], color="#666666", lw=0.8)
        axes.text(end, height, f" {short(name)} {rank:.1f} ", ha="right" if left else "left", va="center", fontsize=8)
    for level, (a, b) in enumerate(bars):
        height = -0.3 - 0.45 * level
        axes.plot([ranks[a] - 0.08, ranks[b] + 0.08], [height, height], color=COLOURS[0], lw=3, solid_capstyle="butt")
    axes.plot([first, first + found.critical], [0.9, 0.9], color="black", lw=1.5, marker="|")
    axes.text(first + found.critical / 2, 1.05, f"critical difference {found.critical:.2f}", ha="center", fontsize=8)
    axes.plot([first, last], [0, 0], color="black", lw=1)
    for rank in range(1, len(names) + 1, math.ceil(len(names) / 20)):
        axes.plot([rank, rank], [0, 0.12], color="black", lw=1)
        axes.text(rank, 0.2, str(rank), ha="center", fontsize=8)
    axes.set_xlim(first - 0.3 * (last - first), last + 0.3 * (last - first))
    axes.set_axis_off()
    return figure
