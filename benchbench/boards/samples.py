"""The sampled test images that results keep, and the digests by which a picture is known."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from ..evaluation.pictures import read_samples
from ..results import store
from .board import Board
from .once import once


def samples_of(board: Board) -> dict[str, dict[str, np.ndarray]]:
    """Read the sampled images of each model's first result: model -> row -> uint8 `(count, size, size, 3)`."""
    size = board.setting.size
    found = {
        model: samples_in(store.samples_file(result.folder), size) for model, result in board.first_results.items()
    }
    return {model: rows for model, rows in found.items() if rows}


def samples_in(path: Path, size: int) -> dict[str, np.ndarray]:
    """Read the rows of a sample picture; none where there is no such picture: boards do without."""
    try:
        return read_samples(path, size)
    except ValueError:
        return {}


def picture_digest(pixels: np.ndarray) -> str:
    """Return 16 hexadecimal digits that tell a picture, uint8 `(h, w, 3)`, from any other."""
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()[:16]


@once
def restorations(board: Board) -> dict[str, list[tuple[str, int]]]:
    """Map the digest of each sampled restoration to the models and the images (by their numbers) that it is of.

    Samples are of a training's end, so models that are looked at as they were at an earlier rung are left out.
    """
    found: dict[str, list[tuple[str, int]]] = {}
    for model, rows in samples_of(board).items():
        if board.first_results[model].rung is None:
            for image, pixels in enumerate(rows["restored"]):
                found.setdefault(picture_digest(pixels), []).append((model, image))
    return found
