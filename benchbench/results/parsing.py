"""A record from the plain values of a `result.json`, which may be a stranger's, and back; other fields are ignored."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from .record import Record

SCORED = ("origin", "environment", "model", "metrics", "scores", "timing")  # what a scored result cannot do without
UNLESS_EMPTY = ("data", "skipped_by", "set_scores")
OF_SCORED_ONLY = (
    "data", "training", "model", "task", "rate", "metrics", "scores", "set_scores", "rungs", "timing", "worst",
)  # fmt: skip


def parse(content: Any) -> Record:
    """The record in the plain values of a `result.json`. Raises ValueError that names the first thing amiss."""
    status = content.get("status") if isinstance(content, dict) else None
    if status not in ("scored", "skipped", "failed"):
        raise ValueError(f"its status is {str(status)[:40]!r}, not scored, skipped or failed")
    if status == "scored" and (lacking := [part for part in SCORED if part not in content]):
        raise ValueError(f"it is scored, but has no {lacking[0]}")
    json.dumps(content, ensure_ascii=False).encode()  # text that cannot be written raises
    return msgspec.convert(content, Record)


def plain(record: Record) -> dict[str, Any]:
    """The record in plain values, as `result.json` and hooks have it: without parts that its status cannot have."""
    content: dict[str, Any] = msgspec.to_builtins(record, enc_hook=_plain)
    absent = OF_SCORED_ONLY if record.status != "scored" else ()
    return {n: v for n, v in content.items() if n not in absent and (n not in UNLESS_EMPTY or v not in (None, {}))}


def _plain(value: object) -> object:
    """A value of a plugin's own subclass of a plain type as that type. Raises TypeError for others."""
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    raise TypeError(f"a result cannot hold {type(value).__name__} {str(value)[:80]!r}")
