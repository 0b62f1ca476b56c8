"""Numbers and names as people read them; text from elsewhere, escaped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tabulate import tabulate

from ..contracts.model import OPEN
from ..results.record import MetricFacts

COMPILED, TUNED = ", compiled", ", tuned"  # behind a way of training: where its steps, or its learning rates, were
INERT = str.maketrans({c: "\\" + c for c in r"\|`*_[]#~$"} | {"&": "&amp;", "<": "&lt;", ">": "&gt;"})
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how text begins that a spreadsheet takes for a formula
NARROW = "\u202f"  # a space that does not break a cell in two


def number(value: Any, digits: int) -> str:
    """A score for people: `–` for a missing one."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    return f"{value:z.{digits}f}"  # z: a small negative value is 0, not -0


def cell(value: Any) -> Any:
    """Return a value as a cell of CSV: text that a spreadsheet would run, as a formula, gets an apostrophe in front."""
    if not isinstance(value, str):
        return value
    return ("'" * value.startswith(FORMULA) + value).replace("\r", "\n")  # the csv module quotes no \r


def margin(low: float, high: float, digits: int) -> str:
    """Half the width of an interval, `±0.39`; "" for an unknown one."""
    return f"±{(high - low) / 2:.{digits}f}" if math.isfinite(high - low) else ""


def interval(low: float, high: float, digits: int) -> str:
    """An interval in words, `23.69 to 24.47`; "" for an unknown one."""
    return f"{low:.{digits}f} to {high:.{digits}f}" if math.isfinite(high - low) else ""


def duration(seconds: float) -> str:
    """A time for people.

    >>> [duration(s) for s in (0.4, 59.6, 90, 5400, 200_000)]
    ['0 s', '1 min', '2 min', '1 h 30 min', '56 h']
    """
    minutes = round(seconds / 60)
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 and minutes < 600 else "")


def shortened(label: str, longest: int) -> str:
    """A label of at most so many characters, `…` for what it lost."""
    return label if len(label) <= longest else label[: longest - 1] + "…"


def escape(text: str) -> str:
    """Text from plugins and files as inert Markdown."""
    return " ".join(text.translate(INERT).split())


def training_name(way: str, rung: float = 0.0) -> str:
    """A way of training, as `Setting.training` has it, and after how many FLOPs, in words."""
    for added in (COMPILED, TUNED):
        if way.endswith(added):
            return training_name(way.removesuffix(added), rung) + added
    if rung:
        return f"after {rung_name(rung)} of training"
    words = {"any-time": "each at the end of its training", "recipe": "each model's own recipe"}
    return words.get(way, "no training")


def rung_name(flops: float) -> str:
    """A rung as people read it: `0.5 TFLOP`."""
    return f"{flops / 1e12:,.12g} TFLOP"


def arrow(facts: MetricFacts) -> str:
    """Point to where a metric is better: `↑`, `↓` or `→ 0`."""
    return "→ 0" if facts.signed else "↑" if facts.higher_is_better else "↓"


def table(rows: Sequence[Mapping[str, str]], *left: str) -> str:
    """A Markdown table of rows (head -> text that is escaped already), `–` where a row lacks a column.

    The columns named `left` are aligned so, the others right.
    """
    sides = ["left" if head in left else "right" for head in dict.fromkeys(head for row in rows for head in row)]
    return tabulate(rows, "keys", "pipe", disable_numparse=True, colalign=sides, missingval="–")


def rank_text(low: int | None, high: int | None, role: str = "") -> str:
    """Write a range of ranks, `2–4`, or the only one; `–` where there is none. In the open track it is `open 2–4`."""
    ranks = "–" if low is None else f"{low}–{high}" if low != high else str(low)
    return ranks if role != OPEN else OPEN if low is None else f"{OPEN} {ranks}"
