"""Boards as Markdown for people, CSV and JSON for programs, and a picture of what the models did."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
from tabulate import tabulate

from ..budget import PRESETS, Budget
from ..files import digest, json_text, write_atomically
from ..store import Result
from .boards import REGIONS, Board, number
from .picture import write_picture
from .plots import write_plots

FIXED = ("rank", "model", "gain", "recovered", "bytes", "parameters", "flops", "epochs", "seeds", "sees", "plugin")


def write_boards(boards: Sequence[Board], folder: Path, *, redraw: bool = True) -> list[Path]:
    """Write `<data set>/<degradation>.md|csv|json|png` under `folder`; returns the Markdown files.

    Without `redraw`, pictures stay as they are where the results behind them have not changed: they take seconds.
    """
    written = []
    for (dataset, degradation), group in groupby(boards, key=lambda b: b.setting.file):
        members = list(group)
        stem = folder / dataset / degradation
        content = json_text([as_json(b) for b in members])
        if redraw or not _is_drawn(stem, content):
            _write_file(stem, members)
            write_atomically(_beside(stem, ".json"), content)  # last: it vouches for the others
        written.append(_beside(stem, ".md"))
    return written


def _beside(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)


def _is_drawn(stem: Path, content: str) -> bool:
    known = _beside(stem, ".json")
    return known.is_file() and known.read_text(encoding="utf-8") == content and _beside(stem, ".md").is_file()


def _write_file(stem: Path, members: Sequence[Board]) -> None:
    pictures = [_pictures(stem, b, len(members)) for b in members]
    text = f"# {escape(members[0].setting.degradation)} on {escape(members[0].setting.dataset)}\n\n"
    text += "\n".join(section(b, p) for b, p in zip(members, pictures, strict=True))
    write_atomically(_beside(stem, ".md"), text)
    flat = pd.concat([_flat(b) for b in members], ignore_index=True)
    write_atomically(_beside(stem, ".csv"), flat.to_csv(index=False, lineterminator="\n"))
    write_atomically(_beside(stem, ".speed.md"), _speed(members))


def escape(text: str) -> str:
    """Text from plugins and files as inert Markdown."""
    for special in ("\\", "|", "`", "*", "_", "[", "]", "#", "~", "$"):
        text = text.replace(special, "\\" + special)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return " ".join(text.split())


def budget_name(canonical: str) -> str:
    """`5e+12 flops` as `5 TFLOP a model (quick)`."""
    names = {Budget.parse(text).canonical: name for name, text in PRESETS.items()}
    if canonical == "none":
        return "no training"
    if canonical == "recipe":
        return "each model's own recipe"
    amount, unit = canonical.split()
    shown = f"{float(amount) / 1e12:,.12g} TFLOP" if unit == "flops" else f"{float(amount):,.12g} {unit}"
    return f"{shown} a model" + (f" ({names[canonical]})" if canonical in names else "")


MAIN = 4  # metrics in the main table; the others follow in one of their own, or it would be too wide to read
ALT = {
    "picture": "what the models made of the first test images",
    "learning": "validation PSNR of each model against the training compute spent",
    "losses": "training and validation loss of each model",
    "gradients": "norm of the gradient in each stage of the models whose gradients were watched",
    "rate": "quality against bytes an image",
}


def _pictures(stem: Path, board: Board, siblings: int) -> dict[str, str]:
    """Draw the board's picture and plots; returns kind -> file name. A board that shares its file adds a digest."""
    own = stem if siblings == 1 else stem.with_name(f"{stem.name}-{digest(*vars(board.setting).values())[:8]}")
    picture = own.with_name(own.name + ".png")
    found = {"picture": picture.name} if write_picture(picture, board) else {}
    return found | {name: path.name for name, path in write_plots(own, board).items()}


def section(board: Board, pictures: Mapping[str, str]) -> str:
    """One board as Markdown."""
    parts = [_heading(board)]
    parts += [f"![{ALT['picture']}]({quote(pictures['picture'])})"] if "picture" in pictures else []
    main, further = _names(board, "")[:MAIN], _names(board, "")[MAIN:]
    parts += [_table(board, main, "", "whole image") if main else "No model was scored."]
    parts += [_table(board, _names(board, suffix)[:MAIN], suffix, words) for suffix, words in REGIONS.items() if suffix]
    parts += [_table(board, further, "", "further metrics"), _notes(board)]
    parts += [f"![{ALT[kind]}]({quote(name)})" for kind, name in pictures.items() if kind != "picture"]
    parts += [_provenance(board)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(board: Board) -> str:
    s = board.setting
    counts: dict[str, int] = next((r.content["data"] for r in board.results if "data" in r.content), {})
    images = (
        f" · {counts['train']} training, {counts['validation']} validation, {counts['test']} test images"
        if counts
        else ""
    )
    seeds = sorted({str(r.content["trial"]["seed"]) for r in board.results if r.content["trial"]["seed"] is not None})
    return (
        f"## {s.size} px, {budget_name(s.budget)}\n\n"
        f"Protocol {s.protocol}{images} · seed {', '.join(seeds) or 'none needed'} · data `{s.fingerprint}`"
    )


def _names(board: Board, suffix: str) -> list[str]:
    """The metrics that at least one row has."""
    return [m for m in board.metrics if m + suffix in board.rows and board.rows[m + suffix].notna().any()]


def _table(board: Board, names: Sequence[str], suffix: str, words: str) -> str:
    if not names:
        return ""
    table = {} if suffix else {"#": [str(r) for r in board.rows["rank"]]}
    table["model"] = [_model_name(row) for row in board.rows.to_dict("records")]
    for name in names:
        table[_head(board, name)] = _column(board, name + suffix, board.metrics[name])
    if words == REGIONS[""]:
        table |= _more_columns(board)
    align = ["left" if head in ("#", "model") else "right" for head in table]
    text = tabulate(table, headers="keys", tablefmt="pipe", disable_numparse=True, colalign=align)
    return f"### {words[0].upper() + words[1:]}\n\n{text}"


def _model_name(row: dict[str, Any]) -> str:
    return escape(row["model"] + (f" (sees {row['sees']})" if row["sees"] else ""))


def _head(board: Board, name: str) -> str:
    facts = board.metrics[name]
    unit = f" [{escape(facts['unit'])}]" if facts["unit"] else ""
    return f"{escape(name.replace('_', '-'))} {arrow(facts)}{unit}"


def arrow(facts: Mapping[str, Any]) -> str:
    """Which way is better."""
    return "→ 0" if facts.get("signed") else "↑" if facts["higher_is_better"] else "↓"


def _column(board: Board, column: str, facts: dict[str, Any]) -> list[str]:
    """Scores as text, the best among the models that compete in bold."""
    values = board.rows[column].abs() if facts.get("signed") else board.rows[column]
    competing = values[board.rows["role"] == ""].dropna()
    best = (competing.max() if facts["higher_is_better"] else competing.min()) if len(competing) else None
    idle = values[board.rows["role"] == "baseline"].dropna()
    if best is not None and len(idle) and (best <= idle.iloc[0] if facts["higher_is_better"] else best >= idle.iloc[0]):
        best = None  # none of them is better than doing nothing
    shown = [number(v, facts["digits"]) for v in board.rows[column]]
    is_best = [v == best and role == "" for v, role in zip(values, board.rows["role"], strict=True)]
    return [f"**{text}**" if bold else text for text, bold in zip(shown, is_best, strict=True)]


def _more_columns(board: Board) -> dict[str, list[str]]:
    rows, first = board.rows, board.ranked_by
    table: dict[str, list[str]] = {}
    if first and "gain" in rows:
        digits = board.metrics[first]["digits"]
        table[f"gain {first}"] = [
            f"{round(v, digits) + 0.0:+.{digits}f}" if math.isfinite(v) else number(v, 2) for v in rows["gain"]
        ]
    if "recovered" in rows:
        table["recovered"] = [f"{100 * v:.0f} %" if math.isfinite(v) else number(v, 0) for v in rows["recovered"]]
    if rows["bytes"].notna().any():
        table["bytes an image"] = [number(v, 0) for v in rows["bytes"]]
    table["parameters"] = [f"{int(v):,}" for v in rows["parameters"]]
    table["TFLOP"] = [f"{v / 1e12:.2f}" if v else "–" for v in rows["flops"]]
    table["epochs"] = [f"{v:.1f}" if v else "–" for v in rows["epochs"]]
    return table


def _notes(board: Board) -> str:
    lines = []
    if first := board.ranked_by:
        lines.append(
            f"Ranked by the mean of {escape(first)} over the test images; bold is best among the competing models."
        )
    if "recovered" in board.rows:
        lines.append("*recovered*: the part of the way from the degraded input (0 %) to the ideal inverse (100 %).")
    lines += [f"{escape(name)}: {escape(reason)}" for name, reason in board.unavailable.items()]
    for result in board.results:
        for note in result.content.get("model", {}).get("notes", []):
            lines.append(f"{escape(result.content['trial']['model'])}: {escape(note)}")
    for row in board.failures:
        log = f" (log: {escape(row['log'])})" if row["log"] else ""
        lines.append(f"**{escape(row['model'])}** {row['status']}: {escape(row['reason'])}{log}")
    return "\n".join(f"- {line}" for line in dict.fromkeys(lines))


def _provenance(board: Board) -> str:
    scored = [r.content for r in board.results if r.status == "scored"]
    if not scored:
        return ""

    def distinct(values: Iterable[str]) -> str:
        return escape(", ".join(sorted({v for v in values if v})))

    trained = [c for c in scored if c.get("training")] or scored
    devices = distinct(f"{c['timing']['device_name']} ({c['timing']['training_precision']})" for c in trained)
    libraries = distinct(f"{k} {v}" for c in scored for k, v in c["environment"]["libraries"].items())
    plugins = distinct(f"{o['distribution']} {o['version']}" for c in scored for os in c["origin"].values() for o in os)
    metrics = distinct(
        f"{m}: {f['library']}" for m, f in board.metrics.items() if not f["unavailable"] and f["library"]
    )
    made = f"Trained on {devices}. Components from {plugins}. Libraries: {libraries}."
    return f"<sub>{made} Metrics computed by, or checked against, {metrics}.</sub>"


def _flat(board: Board) -> pd.DataFrame:
    """The board as a plain table for CSV: its setting, then the fixed columns, then every score."""
    setting = vars(board.setting)
    rows = board.rows if len(board.rows) else pd.DataFrame(columns=["model"])
    fixed = [c for c in FIXED if c in rows]
    scores = [name + suffix for name in board.metrics for suffix in REGIONS if name + suffix in rows]
    flat = rows[fixed + scores].assign(status="scored", reason="")
    failed = pd.DataFrame([{k: f[k] for k in ("model", "status", "reason")} for f in board.failures])
    whole = (
        pd.concat([flat, failed], ignore_index=True) if len(failed) and len(flat) else (flat if len(flat) else failed)
    )
    for position, (name, value) in enumerate(setting.items()):
        whole.insert(position, name, value)
    return whole


def as_json(board: Board) -> dict[str, Any]:
    """The board as plain values."""
    rows = [{k: (None if v is None or v != v else v) for k, v in row.items()} for row in board.rows.to_dict("records")]
    return {
        **vars(board.setting),
        "results": {r.content["key"]: _what_counts(r) for r in board.results},
        "ranked_by": board.ranked_by,
        "metrics": board.metrics,
        "rows": rows,
        "not_scored": board.failures,
        "unavailable": board.unavailable,
    }


def _what_counts(result: Result) -> str:
    """A digest of what a result contributes to a board's text; times, which differ from run to run, do not."""
    parts = ("status", "reason", "trial", "origin", "training", "model", "rate", "metrics", "scores", "environment")
    facts = {name: result.content.get(name) for name in parts}
    return digest(json_text(facts))


def _speed(boards: Sequence[Board]) -> str:
    """Timings stand apart: they differ from run to run, the boards do not."""
    rows = []
    for board in boards:
        for result in board.results:
            if result.status != "scored":
                continue
            timing = result.content["timing"]
            times = {f"ms/image, {k.replace('_', ' of ')}": f"{v:.3f}" for k, v in timing["ms_per_image"].items()}
            rows.append({"model": escape(result.content["trial"]["model"]), "size": board.setting.size} | times
                        | {"device": escape(timing["device_name"]), "threads": timing["threads"]})  # fmt: skip
    unique = list({tuple(row.items()): row for row in rows}.values())
    table = tabulate(unique, headers="keys", tablefmt="pipe", disable_numparse=True) if unique else "Nothing was timed."
    return (
        f"# Inference time, {escape(boards[0].setting.degradation)} on {escape(boards[0].setting.dataset)}\n\n{table}\n"
    )
