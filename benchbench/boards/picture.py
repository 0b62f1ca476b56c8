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
from .text import number

COLUMNS = 8
FRAME = (("degraded input", "input"), ("truth", "truth"))


def write_picture(path: Path, board: Board) -> bool:
    """Write the picture; False (and nothing written) where no result has samples."""
    strips = _strips(board)
    if not strips:
        return False
    columns = min(COLUMNS, *(len(images) for _, images in strips))
    rows = [list(images[:columns]) for _, images in strips]
    write_atomically(path, tiled(rows, [label for label, _ in strips]))
    return True


def _strips(board: Board) -> list[tuple[str, np.ndarray]]:
    """(label, images) of the input, each model from best to worst, and the truth."""
    if not len(board.rows):
        return []
    samples: dict[str, dict[str, np.ndarray]] = {}
    for result in board.results:
        path = result.folder / store.SAMPLES
        if result.status == "scored" and path.is_file():
            with suppress(ValueError):  # no sample picture: the board does without
                samples.setdefault(result.content["trial"]["model"], read_samples(path, board.setting.size))
    rows = [row for row in board.rows.to_dict("records") if row["model"] in samples and row["role"] != "baseline"]
    if not samples:
        return []
    frame = next((rows for rows in samples.values() if "truth" in rows), {})
    metric = board.ranked_by
    digits = board.metrics[metric]["digits"] if metric else 0
    unit = f" {board.metrics[metric]['unit']}" if metric else ""
    score = {row["model"]: number(row[metric], digits) + unit if metric else "" for row in rows}
    models = [(f"{_shortened(row['model'])}\n{score[row['model']]}", samples[row["model"]]["restored"]) for row in rows]
    before, after = ([(label, frame[row])] if frame else [] for label, row in FRAME)
    return [*before, *models, *after]


def _shortened(label: str, longest: int = 60) -> str:
    return label if len(label) <= longest else label[: longest - 1] + "…"
