"""A board as HTML for a notebook: the table of scores, with a few restored images beside each model."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from ..boards.columns import Column
from ..boards.notes import Note
from ..boards.samples import samples_of
from ..boards.view import View
from ..images import png

SAMPLES = 4  # images beside a model
HEIGHT = 56  # px that they are shown at
_RIGHT = "text-align:right;white-space:nowrap"


def html_of(view: View) -> str:
    """Return a board as a table with pictures, and its notes; all that comes from elsewhere is escaped.

    The order, what was trained elsewhere, failures and notes on models stand below the table; other notes are folded.
    """
    setting, columns = view.board.setting, [c for c in view.columns if c.group in ("main", "cost")]
    title = f"<h4>{escape(setting.degradation)} on {escape(setting.dataset)}, {escape(setting.league.title)}</h4>"
    failures = [f"{model} {reason}" for model, reasons in view.failures.items() for reason in reasons]
    models = {row.model for row in view.rows}
    notes = [note for note in view.how_ranked if not note.aside] + [n for n in view.notes if n.about in models]
    others = [note for note in (*view.how_ranked, *view.notes) if note not in notes]
    plane = [view.plane.story] if view.plane else []
    told = _list((*view.story, *plane, *failures, *map(_said, notes)))
    return f"<div>{title}{_table(view, columns) if view.rows else ''}{told}{_folded(others)}</div>"


def _said(note: Note) -> str:
    return f"{note.about}: {note.text}" if note.about else note.text


def _list(texts: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"


def _folded(notes: Sequence[Note]) -> str:
    """Fold notes behind a line that counts them, and names the metrics and models that they are about."""
    if not notes:
        return ""
    about = ", ".join(dict.fromkeys(note.about for note in notes if note.about))
    head = f"{len(notes)} more note{'s' * (len(notes) > 1)}" + (f", some on {about}" if about else "")
    return f"<details><summary>{escape(head)}</summary>{_list(map(_said, notes))}</details>"


def _table(view: View, columns: list[Column]) -> str:
    samples = samples_of(view.board)
    shared = next((rows for rows in samples.values() if "truth" in rows), None)
    heads = ["#", "model", *(f"{c.quantity} {c.arrow}".strip() for c in columns)] + ["restored"] * bool(samples)
    lines = ["<tr>" + "".join(f"<th>{escape(head)}</th>" for head in heads) + "</tr>"]
    for row in view.rows:
        cells = [row.cells[column.key] for column in columns]
        numbers = [f"<b>{escape(c.text)}</b>" if c.best else escape(c.text) for c in cells]
        margins = [f" <small>{escape(c.margin)}</small>" if c.margin else "" for c in cells]
        texts = [escape(row.ranks), escape(row.label)] + [n + m for n, m in zip(numbers, margins, strict=True)]
        strip = [_strip(samples.get(row.model, {}).get("restored"))] if samples else []
        lines.append(_line(texts + strip, "opacity:.6" if row.reference else ""))
    if shared:
        lines.append(_line(["", "truth", *[""] * len(columns), _strip(shared["truth"])], "opacity:.6"))
    return f"<table>{''.join(lines)}</table>"


def _line(cells: list[str], style: str) -> str:
    sides = [_RIGHT, "text-align:left", *[_RIGHT] * (len(cells) - 2)]
    return (
        f'<tr style="{style}">'
        + "".join(f'<td style="{s}">{c}</td>' for s, c in zip(sides, cells, strict=True))
        + "</tr>"
    )


def _strip(images: np.ndarray | None) -> str:
    """Write a few images, uint8 `(N, H, W, 3)`, side by side into the page itself."""
    if images is None:
        return ""
    data = base64.b64encode(png(np.concatenate(images[:SAMPLES], axis=1))).decode()
    return f'<img style="height:{HEIGHT}px;max-width:none;display:inline" src="data:image/png;base64,{data}">'
