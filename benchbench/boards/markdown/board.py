"""One board as Markdown: its picture, its tables, what could not be had, its plots, and how it was made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import pandas as pd

from ..board import Board
from ..pareto import COSTS, fronts
from ..provenance import provenance
from ..rows import REGIONS
from ..text import arrow, budget_name, escape, number, table, with_margin

MAIN = 4  # metrics in the main table; the others follow in one of their own, or it would be too wide to read
ALT = {
    "picture": "what the models made of the first test images",
    "pareto": "quality against what it costs",
    "learning": "validation PSNR of each model against the training compute spent",
    "losses": "training and validation loss of each model",
    "gradients": "norm of the gradient in each stage of the models whose gradients were watched",
    "rate": "quality against bytes an image",
}


def section(board: Board, pictures: Mapping[str, str]) -> str:
    """The board under a heading of its own; `pictures` are kind -> file name beside it."""
    parts = [_heading(board)]
    parts += [f"![{ALT['picture']}]({quote(pictures['picture'])})"] if "picture" in pictures else []
    main, further = _names(board, "")[:MAIN], _names(board, "")[MAIN:]
    parts += [_table(board, main, "", "whole image") if main else "No model was scored."]
    parts += [_table(board, _of_region(board, suffix), suffix, words) for suffix, words in REGIONS.items() if suffix]
    parts += [_table(board, further, "", "further metrics"), _cheapest(board), _notes(board)]
    parts += [f"![{ALT[kind]}]({quote(name)})" for kind, name in pictures.items() if kind != "picture"]
    parts += [_provenance(board)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(board: Board) -> str:
    s = board.setting
    counts: dict[str, Any] = next((r.content["data"] for r in board.results if "data" in r.content), {})
    images = (
        f" · {counts['train']} training, {counts['validation']} validation, {counts['test']} test images"
        if counts
        else ""
    )
    left_out = f" ({counts['skipped']} files left out)" if counts.get("skipped") else ""
    seeds = sorted({str(r.content["trial"]["seed"]) for r in board.results if r.content["trial"]["seed"] is not None})
    return (
        f"## {s.size} px, {budget_name(s.budget)}\n\n"
        f"Protocol {s.protocol}{images}{left_out} · seed {', '.join(seeds) or 'none needed'} · data `{s.fingerprint}`"
        + (f" · test images `{s.test_set}`" if s.test_set else "")
    )


def _names(board: Board, suffix: str) -> list[str]:
    """The metrics that at least one row has."""
    return [m for m in board.metrics if m + suffix in board.rows and board.rows[m + suffix].notna().any()]


def _of_region(board: Board, suffix: str) -> list[str]:
    """The first metrics, and those that no whole image has."""
    names, whole = _names(board, suffix), _names(board, "")
    return [m for i, m in enumerate(names) if i < MAIN or m not in whole]


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _table(board: Board, names: Sequence[str], suffix: str, words: str) -> str:
    if not names:
        return ""
    columns = {} if suffix else {"#": [str(r) for r in board.rows["rank"]]}
    columns["model"] = [_model_name(row) for row in board.rows.to_dict("records")]
    for name in names:
        columns[_head(board, name)] = _column(board, name, suffix)
    if words == REGIONS[""]:
        columns |= _more_columns(board)
    return f"### {words[0].upper() + words[1:]}{_coverage(board, suffix)}\n\n{table(columns, '#', 'model')}"


def _coverage(board: Board, suffix: str) -> str:
    """How many test images have the region, where not all do."""
    scores = [(r.content["scores"], r.content.get("data", {})) for r in board.results if r.status == "scored"]
    counts = {(f["n"], data.get("test")) for s, data in scores for name, f in s.items() if name.endswith(suffix)}
    n, test = min(counts) if suffix and counts else (0, 0)
    return f" ({n} of {test} images have one)" if n != test else ""


def _model_name(row: Mapping[str, Any]) -> str:
    return escape(row["model"] + (f" (sees {row['sees']})" if row["sees"] else ""))


def _head(board: Board, name: str) -> str:
    facts = board.metrics[name]
    unit = f" [{escape(facts['unit'])}]" if facts["unit"] else ""
    return f"{escape(name.replace('_', '-'))} {arrow(facts)}{unit}"


def _column(board: Board, name: str, suffix: str) -> list[str]:
    """Scores as text; the best among the models that compete, and whatever reads the same, in bold."""
    facts, rows, column = board.metrics[name], board.rows, name + suffix
    values = rows[column].abs() if facts.get("signed") else rows[column]
    best = best_of(values, rows["role"], bool(facts["higher_is_better"]))
    shown = [number(v, facts["digits"]) for v in rows[column]]
    mark = None if best is None else number(best, facts["digits"])
    full = _with_margins(rows, column, shown, facts["digits"]) if name == board.ranked_by else shown
    is_best = [number(v, facts["digits"]) == mark and role == "" for v, role in zip(values, rows["role"], strict=True)]
    return [f"**{text}**" if bold else text for text, bold in zip(full, is_best, strict=True)]


def best_of(values: pd.Series, roles: pd.Series, higher_is_better: bool) -> float | None:
    """The best score of those that compete; None if it is no better than doing nothing."""
    sign = 1 if higher_is_better else -1
    competing, idle = (sign * values[roles == role].dropna() for role in ("", "baseline"))
    if competing.empty or (len(idle) and competing.max() <= idle.iloc[0]):
        return None
    return sign * float(competing.max())


def _with_margins(rows: pd.DataFrame, column: str, shown: Sequence[str], digits: int) -> list[str]:
    """The numbers with half their intervals, or, where the mean is infinite, with the median."""
    bounds = zip(shown, rows[f"{column}.low"], rows[f"{column}.high"], strict=True)
    found = [with_margin(text, low, high, digits) for text, low, high in bounds]
    if f"{column}.median" not in rows:
        return found
    return [
        f"{text} (median {number(median, digits)})" if math.isinf(mean) and math.isfinite(median) else text
        for text, median, mean in zip(found, rows[f"{column}.median"], rows[column], strict=True)
    ]


def _more_columns(board: Board) -> dict[str, list[str]]:
    rows, first = board.rows, board.ranked_by
    columns: dict[str, list[str]] = {}
    digits = board.metrics[first]["digits"] if first else 0
    if first and "gain" in rows:
        gains = [f"{round(v, digits) + 0.0:+.{digits}f}" if math.isfinite(v) else number(v, 2) for v in rows["gain"]]
        columns[f"gain {escape(first)}"] = _with_margins(rows, "gain", gains, digits)
    if "recovered" in rows:
        percent = 100 * rows[["recovered", "recovered.low", "recovered.high"]]
        shown = _with_margins(percent, "recovered", [number(v, 0) for v in percent["recovered"]], 0)
        columns["recovered"] = [f"{text} %" if text[-1].isdigit() else text for text in shown]
    if rows["trainings.std"].notna().any():
        columns["between trainings"] = [f"±{v:.{digits}f}" if math.isfinite(v) else "–" for v in rows["trainings.std"]]
    if rows["bytes"].notna().any():
        per_pixel = 8 / board.setting.size**2
        columns["bytes an image"] = [number(v, 0) for v in rows["bytes"]]
        columns["bits a pixel"] = [number(v * per_pixel, 3) for v in rows["bytes"]]
        columns["without headers"] = [number(v * per_pixel, 3) for v in rows["payload"]]
    columns["parameters"] = [f"{int(v):,}" for v in rows["parameters"]]
    columns["TFLOP"] = [f"{v / 1e12:.2f}" if v else "–" for v in rows["flops"]]
    columns["epochs"] = [f"{v:.1f}" if v else "–" for v in rows["epochs"]]
    return columns


def _cheapest(board: Board) -> str:
    """The models that none betters at no higher cost."""
    found = fronts(board)
    first = board.ranked_by
    on_any = [row for row in board.rows.to_dict("records") if any(row["model"] in names for names in found.values())]
    if not on_any or first is None:
        return ""
    columns = {"model": [_model_name(row) for row in on_any], _head(board, first): [
        number(row[first], board.metrics[first]["digits"]) for row in on_any
    ]}  # fmt: skip
    for cost, names in found.items():
        shown = [f"{row[cost] / COSTS[cost].unit:,.{COSTS[cost].digits}f}" for row in on_any]
        columns[COSTS[cost].label] = [
            f"**{text}**" if row["model"] in names else text for row, text in zip(on_any, shown, strict=True)
        ]
    return f"### Best for its cost\n\nBold: no model is as good for less.\n\n{table(columns, 'model')}"


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _notes(board: Board) -> str:
    lines = _how_ranked(board)
    if "recovered" in board.rows:
        lines.append("*recovered*: the part of the way from the degraded input (0 %) to the ideal inverse (100 %).")
    if "gain" in board.rows and board.rows["bytes"].notna().any():
        lines.append(
            "Models with bytes are codecs: what they give went through so many; untrained ones restore nothing."
        )
    lines += [f"{escape(name)}: {escape(reason)}" for name, reason in board.unavailable.items()]
    for result in board.results:
        for note in result.content.get("model", {}).get("notes", []):
            lines.append(f"{escape(result.content['trial']['model'])}: {escape(note)}")
    for row in board.failures:
        log = f" (log: {escape(row['log'])})" if row["log"] else ""
        lines.append(f"**{escape(row['model'])}** {row['status']}: {escape(row['reason'])}{log}")
    return "\n".join(f"- {line}" for line in dict.fromkeys(lines))


def _how_ranked(board: Board) -> list[str]:
    if (first := board.ranked_by) is None:
        return []
    several = board.rows["trainings.std"].notna().any()
    others = "shows *between trainings* (standard deviation)" if several else "takes several seeds to know"
    lines = [
        f"In the order of mean {escape(first)} over the test images; bold is best among the competing models.",
        "Models share a rank that cannot be told from its first one: paired Wilcoxon signed-rank tests over the "
        "images, Holm's correction for all pairs, 95 %.",
        f"± is half of the 95 % bootstrap interval over the test images; how other trainings would differ {others}.",
    ]
    if f"{first}.median" in board.rows:
        lines.append("A mean is infinite where a single image is perfect; medians give the order on this board.")
    return lines


def _provenance(board: Board) -> str:
    scored = [r.content for r in board.results if r.status == "scored"]
    if not scored:
        return ""
    made, *found = provenance(scored)
    found.append(
        sorted(f"{m}: {f['library']}" for m, f in board.metrics.items() if not f["unavailable"] and f["library"])
    )
    devices, components, libraries, metrics = (escape(", ".join(values)) for values in found)
    return (
        f"<sub>{made} {devices}. Components from {components}. Libraries: {libraries}. "
        f"Metrics computed by, or checked against, {metrics}.</sub>"
    )
