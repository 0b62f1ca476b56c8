"""The site's pictures: strips of sampled test images, named by a digest of their pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...files import write_atomically
from ...images import png
from ...results import store
from ...results.store import Result
from ..board import Board
from ..samples import picture_digest, samples_in, samples_of

FOLDER = "pictures"
BINS = 16
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass(frozen=True)
class Strip:
    """Images of one size side by side in one file."""

    file: str
    """Its path from the site's root."""
    histograms: list[str]
    """For each image, what `histogram` gives."""


@dataclass(frozen=True)
class Triple:
    """The same test images: degraded, restored by a model, and clean."""

    ids: list[str]
    input: Strip
    restored: Strip
    truth: Strip


@dataclass(frozen=True)
class Album:
    """The pictures of a board: the same test images by all models, and each model's worst images."""

    size: int
    ids: list[str]
    input: Strip
    truth: Strip
    restored: dict[str, Strip]
    """By model, best first."""
    worst: dict[str, Triple]
    """By model, where its result keeps them."""

    @property
    def files(self) -> set[str]:
        """The paths of all pictures from the site's root."""
        own = {self.input.file, self.truth.file} | {strip.file for strip in self.restored.values()}
        return own | {s.file for t in self.worst.values() for s in (t.input, t.restored, t.truth)}

    def triple(self, model: str, image: str) -> Triple | None:
        """Find the pictures that show an image as a model restored it; None if there are none."""
        if model in self.restored and image in self.ids:
            return Triple(self.ids, self.input, self.restored[model], self.truth)
        found = self.worst.get(model)
        return found if found and image in found.ids else None


def album(root: Path, board: Board) -> Album | None:
    """Store the pictures of a board under the site's root; None where no result has samples with the truth."""
    samples, size = samples_of(board), board.setting.size
    first = next((model for model, rows in samples.items() if "truth" in rows), None)
    if first is None:
        return None
    count = min(len(rows["restored"]) for rows in samples.values())
    ids = [str(image) for image in board.first_results[first].scores.index[:count]]
    ids += [f"image {position + 1}" for position in range(len(ids), count)]
    strips = {model: store_strip(root, rows["restored"][:count]) for model, rows in samples.items()}
    before, after = (store_strip(root, samples[first][row][:count]) for row in ("input", "truth"))
    worst = {model: found for model, result in board.first_results.items() if (found := _worst(root, result, size))}
    return Album(size, ids, before, after, strips, worst)


def _worst(root: Path, result: Result, size: int) -> Triple | None:
    """The pictures of a result's worst images; None where it keeps none."""
    ids = result.record.worst
    rows = samples_in(result.folder / store.WORST, size) if ids else {}
    if len(rows) < 3 or len(rows["truth"]) != len(ids):
        return None
    return Triple(ids, *(store_strip(root, rows[row]) for row in ("input", "restored", "truth")))


def store_strip(root: Path, images: np.ndarray) -> Strip:
    """Store images, uint8 `(n, size, size, 3)`, side by side in one PNG file."""
    pixels = np.concatenate(list(images), 1)
    name = f"{picture_digest(pixels)}.png"
    path = root / FOLDER / name
    if not path.is_file():
        write_atomically(path, png(pixels))
    return Strip(f"{FOLDER}/{name}", [histogram(image) for image in images])


def histogram(image: np.ndarray) -> str:
    """The RGB histogram of uint8 `(h, w, 3)`: for each channel BINS digits of base 64.

    A digit d stands for (d / 63)² of the pixels: the root keeps the small bins visible.
    """
    counts = np.stack([np.bincount(image[..., c].ravel() // (256 // BINS), minlength=BINS) for c in range(3)])
    levels = np.rint(63 * np.sqrt(counts / counts.sum(1, keepdims=True))).astype(int)
    return "".join(DIGITS[level] for level in levels.ravel())
