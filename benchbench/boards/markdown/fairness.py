"""Audits as Markdown, CSV and JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ...files import json_text, write_atomically
from ...results.scores import metric_of
from ..estimates import LEVEL_TEXT
from ..fairness import FACE, TOO_FEW, Table
from ..rows import REGIONS
from ..tables import beside, csv_text, plain_rows
from ..text import escape, number, table

NOTES = (
    f"Groups are labels that came with the data; those of fewer than {TOO_FEW} test images are named and not scored.",
    f"In brackets: the {LEVEL_TEXT} interval of the mean over the images of the group and, where models were trained "
    "twice, over trainings.",
    "*gap*: best minus worst group. Some gap is always there by chance: *p* is of a test that the groups do not differ "
    "(Kruskal-Wallis, each model for itself, not adjusted for their number).",
    "*of the input's*: the gap divided by that of the degraded input; above 1.00, the model treats the groups more "
    "unequally than the degradation did.",
)


def write_audit(tables: Sequence[Table], stem: Path) -> list[Path]:
    """Write `<stem>.md`, `.csv` and `.json`; returns the files."""
    rows = csv_text(pd.DataFrame(records(tables)))
    contents = {".md": markdown(tables), ".csv": rows, ".json": as_json(tables)}
    for suffix, content in contents.items():
        write_atomically(beside(stem, suffix), content)
    return [beside(stem, suffix) for suffix in contents]


def title(table: Table) -> str:
    """Name score, attribute and board: `lightness-shift [L*] inside the face by gender: blur on faces, 64 px, …`."""
    s, metric = table.board.setting, metric_of(table.column)
    region = table.column.removeprefix(metric)
    unit = table.board.metrics[metric].unit
    score = metric + (f" [{unit}]" if unit else "") + (f" {REGIONS[region]}" if region else "")
    return f"{score} by {table.by}: {s.degradation} on {s.league.full_title}"


def cells(table: Table) -> list[dict[str, str]]:
    """Return one line per model, as text: its groups that have enough images, then worst group, gaps and p."""
    digits = table.board.metrics[metric_of(table.column)].digits
    lines = []
    for row in table.rows:
        groups = {
            f"{g.name} (n {g.n})": f"{number(g.mean, digits)} [{number(g.low, digits)}, {number(g.high, digits)}]"
            for g in row.groups
            if g.n >= TOO_FEW
        }
        further = {
            "worst": row.worst or "–",
            "gap": number(row.gap, digits),
            "of the input's": number(row.relative, 2),
            "p": "–" if math.isnan(row.p) else f"{row.p:.2g}" if row.p >= 1e-4 else "< 0.0001",
        }
        lines.append({"model": row.model, **groups, **further})
    return lines


def remarks(table: Table) -> list[str]:
    """Return what to say below a table: small groups, unknown labels, missing shifts, or why there is no audit."""
    if table.reason:
        return [table.reason]
    groups = table.rows[0].groups if table.rows else ()
    few = [f"{g.name} ({g.n})" for g in groups if g.n < TOO_FEW]
    found = [f"too few images: {', '.join(few)}"] if few else []
    if sum(g.n >= TOO_FEW for g in groups) < 2:
        found.append(f"fewer than two groups have {TOO_FEW} images, so there is no gap")
    found += [f"unknown: {table.unknown} test images without a label"] if table.unknown else []
    if not any(column.endswith(FACE) for column in table.board.rows):
        found.append("no face masks, so no shift of the skin's lightness and hue")
    elif not any(facts.signed for facts in table.board.metrics.values()):
        found.append("no metric of the skin's shift was computed: run again with --metric all")
    return found


def markdown(tables: Sequence[Table]) -> str:
    """Write all tables with their remarks."""
    parts = ["# Scores by group"]
    for audit in tables:
        lines = [{escape(k): escape(v) for k, v in line.items()} for line in cells(audit)]
        found = [f"- {escape(remark)}" for remark in remarks(audit)]
        parts += [f"## {escape(title(audit))}", table(lines, "model") if lines else "", "\n".join(found)]
    parts.append("\n".join(f"- {note}" for note in NOTES))
    return "\n\n".join(part for part in parts if part) + "\n"


def records(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Return one record per board, attribute, score, model and group; NaN where a group has too few images."""
    return [
        {
            **vars(table.board.setting), "by": table.by, "score": table.column, "model": row.model, "role": row.role,
            "group": g.name, "n": g.n, "too_few": g.n < TOO_FEW, "mean": g.mean, "low": g.low, "high": g.high,
            "worst": row.worst, "gap": row.gap, "gap_of_input": row.relative, "p": row.p,
        }
        for table in tables
        for row in table.rows
        for g in row.groups
    ]  # fmt: skip


def as_json(tables: Sequence[Table]) -> str:
    """Write the same as JSON, with the remarks."""
    return json_text(
        [
            {"title": title(t), "by": t.by, "score": t.column, "remarks": remarks(t), "unknown": t.unknown,
             "records": plain_rows(records([t]))}
            for t in tables
        ]
    )  # fmt: skip
