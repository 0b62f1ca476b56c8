"""A board's picture: one row a model, one column a test image, so that people can look instead of read."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .. import store
from ..files import write_atomically
from ..samples import read_samples
from .boards import Board, number

TILE = 96  # px a picture is shown at, at least
LABEL = 190
COLUMNS = 8
GAP = 4
FRAME = (("degraded input", "input"), ("truth", "truth"))


def write_picture(path: Path, board: Board) -> bool:
    """Write the picture; False (and nothing written) where no result has samples."""
    strips = _strips(board)
    if not strips:
        return False
    scale = max(1, round(TILE / board.setting.size))
    tile = board.setting.size * scale
    columns = min(COLUMNS, *(len(images) for _, images in strips))
    canvas = Image.new("RGB", (LABEL + columns * (tile + GAP), len(strips) * (tile + GAP) + GAP), "white")
    draw = ImageDraw.Draw(canvas)
    for row, (label, images) in enumerate(strips):
        top = GAP + row * (tile + GAP)
        draw.text(
            (GAP * 2, top + tile / 2), _wrapped(label), "black", ImageFont.load_default(15), anchor="lm", spacing=5
        )
        for column in range(columns):
            picture = Image.fromarray(images[column]).resize((tile, tile), Image.Resampling.NEAREST)
            canvas.paste(picture, (LABEL + column * (tile + GAP), top))
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG")
    write_atomically(path, buffer.getvalue())
    return True


def _wrapped(label: str, width: int = 22) -> str:
    lines = [line[i : i + width] for line in label.splitlines() for i in range(0, len(line), width)]
    return "\n".join(lines[:4])


def _strips(board: Board) -> list[tuple[str, np.ndarray]]:
    """(label, images) of the input, each model from best to worst, and the truth."""
    if not len(board.rows):
        return []
    samples: dict[str, dict[str, np.ndarray]] = {}
    for result in board.results:
        path = result.folder / store.SAMPLES
        if result.status == "scored" and path.is_file():
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
