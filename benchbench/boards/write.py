"""Boards as Markdown for people, CSV and JSON for programs, and a picture of what the models did."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from ..contracts.model import OPEN
from ..files import digest, write_atomically
from ..results.parsing import plain
from ..results.store import Result
from .board import Board, collect
from .eyes import eyes_of
from .markdown.board import section
from .markdown.index import write_index
from .markdown.overall import write_overall
from .markdown.timing import speed_page
from .picture import write_picture
from .plots import write_plots
from .published import write_published
from .rows import EQUIVALENT, GAIN, GAP, HIGH, LOW, RANK, RECOVERED, REGIONS, RISE, TRAININGS_STD
from .tables import beside, plain_rows, write_files
from .text import escape
from .view import View, view_of

SCALES = [name + bound for name in (GAIN, RECOVERED, GAP) for bound in ("", LOW, HIGH)]
FACTS = (
    "bytes", "payload", "parameters", "macs", "flops", "epochs", "seeds", "trainings", TRAININGS_STD, "sees",
    "plugin",
)  # fmt: skip
FIXED = (RANK, RANK + LOW, RANK + HIGH, "model", EQUIVALENT, *SCALES, RISE, *FACTS)


def build(out: Path, to: Path, at: float | None = None) -> tuple[list[Path], list[str]]:
    """Write all that the results under `out` give into `to`: boards, overall boards, published figures, the index.

    Returns the Markdown files, and a line for each result that had to be left out. Raises BenchbenchError. `at` is the
    rung of training that boards show, in FLOPs; see `board.collect`.
    """
    boards, problems = collect(out, at)
    published = write_published(out, to)
    pages = write_boards(boards, to) + ([published] if published else [])
    return (pages + write_pages(boards, to) if boards else pages), problems


def write_pages(boards: Sequence[Board], folder: Path, *, redraw: bool = True) -> list[Path]:
    """Write what is made of all boards together: the overall boards, and the index. Returns the Markdown files."""
    return [*write_overall(boards, folder, redraw=redraw), write_index(boards, folder)]


def write_boards(boards: Sequence[Board], folder: Path, *, redraw: bool = True) -> list[Path]:
    """Write `<data set>/<degradation>.md|csv|json|parquet|webp` under `folder`; returns the Markdown files.

    Without `redraw`, pictures stay as they are where the results behind them have not changed: they take seconds.
    """
    written = []
    for (dataset, degradation), group in groupby(boards, key=lambda b: b.setting.file):
        members, stem = list(group), folder / dataset / degradation
        draw = functools.partial(_draw, stem, members)
        written.append(write_files(stem, [as_json(b) for b in members], draw, redraw=redraw))
    return written


def _draw(stem: Path, members: Sequence[Board]) -> tuple[str, pd.DataFrame]:
    """Write the pictures of boards that share a page, and the page of their times; returns the page and the table."""
    setting = members[0].setting
    views = [view_of(board) for board in members]
    sections = [section(view, _pictures(stem, view, len(members))) for view in views]
    write_atomically(beside(stem, ".speed.md"), speed_page(members))
    text = f"# {escape(setting.degradation)} on {escape(setting.dataset)}\n\n" + "\n".join(sections)
    return text, pd.concat([as_table(b) for b in members], ignore_index=True)


def _pictures(stem: Path, view: View, siblings: int) -> dict[str, str]:
    """Draw the board's picture and plots; returns kind -> file name. A board that shares its file adds a digest."""
    board = view.board
    own = stem if siblings == 1 else stem.with_name(f"{stem.name}-{board.setting.code}")
    picture = own.with_name(own.name + ".webp")
    found = {"picture": picture.name} if write_picture(picture, view) else {}
    return found | {name: path.name for name, path in write_plots(own, board).items()}


def as_table(board: Board) -> pd.DataFrame:
    """Return a board as a plain table: its setting, the fixed columns, every score; last what has no score."""
    rows, ends = board.rows, ("", LOW, HIGH)
    scores = [name + region + end for name in board.metrics for region in REGIONS for end in ends]
    role = ["role"] if OPEN in set(rows.get("role", ())) else []  # whose ranks are of another track
    scored = rows[[c for c in (*FIXED, *role, *scores) if c in rows]].assign(status="scored", reason="")
    failed = pd.DataFrame(board.failures, columns=["model", "status", "reason"])
    flat = pd.concat([part for part in (scored, failed) if len(part)], ignore_index=True)
    return pd.DataFrame([vars(board.setting)] * len(flat)).join(flat)


def as_json(board: Board) -> dict[str, Any]:
    """Return the board as plain values; None for NaN."""
    return {
        **vars(board.setting),
        "results": {r.record.key: _what_counts(r) for r in board.results},
        "ranked_by": board.ranked_by,
        **({"compression": msgspec.to_builtins(board.compression)} if board.compression else {}),
        "metrics": msgspec.to_builtins(board.metrics),
        "rows": plain_rows(board.rows.to_dict("records")),
        "not_scored": board.failures,
        "unavailable": board.unavailable,
        "course": board.course and board.course.as_json(),
        **({"forecast": board.forecast.as_json(board.course.models)} if board.course and board.forecast else {}),
        **({"eyes": eyes.as_json()} if (eyes := eyes_of(board)) else {}),
    }


def _what_counts(result: Result) -> str:
    """Return a digest of what a result contributes to a board: all but times, which differ from run to run."""
    parts = ("status", "reason", "trial", "origin", "training", "model", "rate", "metrics", "scores", "environment")
    content = plain(result.record)
    sets = {name: content[name] for name in ("set_scores",) if name in content}
    return digest(json.dumps({name: content.get(name) for name in parts} | sets))
