"""A board's picture: one row a model, one column a test image, so that people can look instead of read."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np

from ..evaluation.pictures import read_samples
from ..files import write_atomically
from ..images import tiled
from ..results import store
from .board import Board
from .view import Row, View

COLUMNS = 8
ENDS = (("degraded input", "input"), ("truth", "truth"))


def write_picture(path: Path, view: View) -> bool:
    """Write the picture; False (and nothing written) where no result has samples."""
    strips = _strips(view)
    if not strips:
        return False
    columns = min(COLUMNS, *(len(images) for _, images in strips))
    rows = [list(images[:columns]) for _, images in strips]
    write_atomically(path, tiled(rows, [label for label, _ in strips]))
    return True


def _strips(view: View) -> list[tuple[str, np.ndarray]]:
    """(label, images) of the input, each model from best to worst, and the truth."""
    samples = _samples(view.board) if view.rows else {}
    if not samples:
        return []
    shared = next((rows for rows in samples.values() if "truth" in rows), {})
    before, after = ([(label, shared[row])] if shared else [] for label, row in ENDS)
    shown = [row for row in view.rows if row.model in samples and not row.is_baseline]
    models = [(f"{_shortened(row.model)}\n{_score(view, row)}", samples[row.model]["restored"]) for row in shown]
    return [*before, *models, *after]


def _samples(board: Board) -> dict[str, dict[str, np.ndarray]]:
    """Model -> the rows of its first picture of samples."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for result in board.scored:
        path = result.folder / store.SAMPLES
        if path.is_file():
            with suppress(ValueError):  # no sample picture: the board does without
                found.setdefault(result.record.trial.model, read_samples(path, board.setting.size))
    return found


def _score(view: View, row: Row) -> str:
    column = view.ranking
    return f"{row.cells[column.key].text} {column.unit}" if column else ""


def _shortened(label: str, longest: int = 60) -> str:
    return label if len(label) <= longest else label[: longest - 1] + "…"
