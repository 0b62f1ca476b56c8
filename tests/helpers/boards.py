"""Boards of made-up results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import results

from benchbench.boards import Board, collect

UNTRAINED: dict[str, Any] = {"training": None, "seed": None}
BASELINE: dict[str, Any] = {"model": "identity", "role": "baseline", **UNTRAINED}
ORACLE: dict[str, Any] = {"model": "oracle", "role": "ideal", "sees": ["truth"], **UNTRAINED}


def board(out: Path) -> Board:
    """The only board."""
    boards, problems = collect(out)
    assert problems == []
    [found] = boards
    return found


def column(found: Board, name: str) -> dict[str, Any]:
    """Model -> value."""
    return dict(zip(found.rows["model"], found.rows[name], strict=True))


# ── order ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def ranks(tmp_path: Path, scores: dict[str, dict[str, float]]) -> dict[str, int]:
    for model, row in scores.items():
        results.write(tmp_path, row, model=model, **UNTRAINED)
    return column(board(tmp_path), "rank")
