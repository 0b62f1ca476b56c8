"""Overall boards as files: Markdown, CSV, JSON, Parquet, and a diagram of the models' shares of the best gain."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd

from ...contracts.model import OPEN
from ...files import write_atomically
from ...registry.validation import OVERALL
from ..board import Board
from ..columns import gain
from ..comparisons import CORRECTED
from ..drawing import COLOURS, figure_file, figure_of, finish, own_style, short
from ..estimates import LEVEL_TEXT
from ..notes import OPEN_TRACK
from ..overall import FEWEST, SHARE, Overall, overall
from ..rows import HIGH, LOW, RANK
from ..tables import plain_rows, write_files
from ..text import NARROW, arrow, escape, margin, rank_text, table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_overall(boards: Sequence[Board], folder: Path, *, redraw: bool = True) -> list[Path]:
    """Write `<data set>/overall.md|csv|json|parquet|webp` for all data sets that have several degradations.

    Without `redraw`, they stay as they are where nothing has changed.
    """
    written = []
    for dataset, group in groupby(overall(boards), key=lambda o: o.boards[0].setting.file[0]):
        members, stem = list(group), folder / dataset / OVERALL
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
        "rows": plain_rows(found.rows.to_dict("records")),
        "partial": found.partial,
    }


# ── for people ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _section(found: Overall, picture: str) -> str:
    league = found.league
    names = [f"[{escape(b.setting.degradation)}]({quote(b.setting.file[1])}.md)" for b in found.boards]
    parts = [
        f"## {league.title}",
        f"Protocol {league.protocol} · data `{league.fingerprint}` · {len(names)} degradations: {', '.join(names)}",
        _table(found) if len(found.rows) else "No model was scored on all of them.",
        f"![mean share of the best gain, with intervals]({quote(picture)})",
        _notes(found),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(found: Overall) -> str:
    facts = found.boards[0].metrics[found.metric]
    head = f"mean gain {escape(found.metric)} {arrow(facts)}" + (f" [{escape(facts.unit)}]" if facts.unit else "")
    rows = []
    for row in found.rows.to_dict("records"):
        half = margin(100 * row.get(SHARE + LOW, math.nan), 100 * row.get(SHARE + HIGH, math.nan), 0)
        cells = {
            "#": rank_text(row.get(RANK + LOW), row.get(RANK + HIGH), row["role"]),
            "model": escape(row["model"]),
            "share of the best gain ↑": f"{100 * row[SHARE]:.0f}" + (NARROW + half if half else "") + " %",
            f"may be best, of {len(found.boards)} boards": str(row["won"]),
            head: gain(row["mean_gain"], facts.digits),
        }
        if found.rows.get("recovered_boards", pd.Series()).any():
            n, recovered = row["recovered_boards"], row["mean_recovered"]
            cells["recovered ↑"] = f"{100 * recovered:.0f} % ({n} board{'s' if n != 1 else ''})" if n else "–"
        rows.append(cells)
    return table(rows, "#", "model")


def _notes(found: Overall) -> str:
    lines = [
        f"share of the best gain: the gain over the degraded input by {escape(found.metric)}, divided by that of the "
        "board's best model (100 %), at least -100 %; the mean over the boards.",
        f"#: the ranks that are possible, by paired t-tests over the boards with {CORRECTED}; ± is half of the "
        f"{LEVEL_TEXT} interval. How boards differ holds what other trainings and images do, too."
        if len(found.boards) >= FEWEST
        else f"Fewer than {FEWEST} degradations tell no ranks: all may go one way by chance.",
        "Left out: the ideal, codecs that are not trained, and boards whose input is not degraded. Recovered counts "
        "where an ideal inverse is known.",
    ]
    lines += [OPEN_TRACK] if OPEN in set(found.rows["role"]) else []
    if found.partial:
        names = ", ".join(f"{escape(model)} ({n})" for model, n in found.partial.items())
        lines.append(f"Not ranked, because they have scores on some of the degradations only: {names}.")
    return "\n".join(f"- {line}" for line in lines)


def _picture(stem: Path, found: Overall, siblings: int) -> str:
    own = stem.name if siblings == 1 else f"{stem.name}-{found.league.code}"
    path = stem.with_name(f"{own}.webp")
    with own_style():
        write_atomically(path, figure_file(shares_plot(found)))
    return path.name


def shares_plot(found: Overall) -> Figure:
    """Draw each model's mean share of the best gain, the best on top, with its interval."""
    rows = found.rows
    figure = figure_of(8, 1.2 + 0.28 * max(len(rows), 2))
    axes = figure.add_subplot()
    heights = range(len(rows), 0, -1)
    if SHARE + LOW in rows:
        axes.hlines(heights, 100 * rows[SHARE + LOW], 100 * rows[SHARE + HIGH], color=COLOURS[0], lw=2)
    axes.plot(100 * rows[SHARE], heights, "o", color=COLOURS[0], ms=5)
    axes.set_yticks(heights, [short(model) for model in rows["model"]])
    finish(axes, "share of the best gain [%]", "")
    return figure
