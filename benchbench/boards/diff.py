"""Tell what moved between two folders of results, or of boards, and whether it is more than chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..files import read_json
from ..registry.validation import OVERALL
from .board import Board, collect
from .comparisons import holm
from .estimates import LEVEL, estimate
from .rows import persons_in
from .setting import Setting
from .text import number, training_name
from .write import as_json

if TYPE_CHECKING:
    import pandas as pd

Place = tuple[tuple[str, ...], str]
"""A board (the values of its setting as text) and a model."""


@dataclass(frozen=True)
class Row:
    """A model's rank and score on a board, as boards show them."""

    rank: str
    score: str
    metric: str
    images: pd.DataFrame | None
    """The score of each image (row) after each training (column); None if only the board was given."""
    trained: bool = False
    """Whether another training would give other scores."""
    persons: NDArray[np.intp] | None = None
    """Equal for images of one person."""


@dataclass(frozen=True)
class Change:
    """What became of a row."""

    board: str
    model: str
    what: str
    """`new`, `gone` or `moved`."""
    rank: tuple[str, str]
    score: tuple[str, str]
    metric: str
    p: float | None
    """Of a paired test, adjusted for all rows that moved; None where it could not be made."""
    reason: str
    """Why there was no test, or what it tells."""


def diff(before: Path, after: Path) -> list[Change]:
    """Find each row that is new, gone, or has another rank or score. Raises DataError for an empty folder."""
    old, new = dict(_read(before)), dict(_read(after))
    pairs = [(place, old.get(place), new.get(place)) for place in sorted(old.keys() | new.keys())]
    moved = [(p, a, b) for p, a, b in pairs if not (a and b and (a.rank, a.score) == (b.rank, b.score))]
    tests = [_test(a, b) for _, a, b in moved]
    adjusted = iter(holm(np.array([t for t in tests if isinstance(t, float)])))
    return [
        _change(place, a, b, float(next(adjusted)) if isinstance(test, float) else test)
        for (place, a, b), test in zip(moved, tests, strict=True)
    ]


def _read(folder: Path) -> Iterator[tuple[Place, Row]]:
    """Yield the rows of the boards that a folder's results give, or of the boards in it. Raises DataError without."""
    for results in (folder / "results", folder):
        if boards := collect(results)[0]:
            for board in boards:
                yield from _rows(as_json(board), board)
            return
    files = [path for path in sorted(folder.glob("*/*.json")) if path.stem != OVERALL]
    if not files:
        raise DataError(f"{folder} holds neither results nor boards")
    for path in files:
        try:
            for content in read_json(path):
                yield from _rows(content)
        except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
            raise DataError(f"{path} is damaged: {type(error).__name__}: {error}; build it again") from error


def _rows(content: Mapping[str, Any], board: Board | None = None) -> Iterator[tuple[Place, Row]]:
    """Yield the rows of a board as `as_json` gives it; their scores of each image need the board itself."""
    setting = tuple(str(content.get(field, "")) for field in Setting.__dataclass_fields__)
    if not (metric := content["ranked_by"]):
        return
    digits = int(content["metrics"][metric]["digits"])
    for row in content["rows"]:
        model, score = row["model"], row.get(metric)
        images = board.image_scores(model, metric) if board else None
        persons = persons_in(board.scored, images.index) if board and images is not None else None
        shown = number(None if score is None else float(score), digits)
        yield (
            (setting, model),
            Row(str(row.get("rank", "")), shown, metric, images, bool(row["seeds"]), persons),
        )


def _test(old: Row | None, new: Row | None) -> float | str:
    """Return p of the paired test of two rows, or why there is none."""
    if old is None or new is None:
        return "new" if new else "gone"
    if old.score == new.score:
        return "same score, other rows moved"
    if old.metric != new.metric:
        return f"ranked by {new.metric} now, by {old.metric} before"
    a, b = old.images, new.images
    if a is None or b is None or old.persons is None:
        return "not tested: boards hold no scores of single images"
    if set(a.index) != set(b.index):
        return "not tested: other test images"
    scores = np.concatenate([a.to_numpy().T, b.reindex(a.index).to_numpy().T])[:, :, None]
    side = np.repeat([0, 1], [a.shape[1], b.shape[1]])
    both = estimate(scores, side, np.array([old.trained, new.trained]), old.persons)
    p = float(both.rows(np.array([0])).minus(both.rows(np.array([1]))).chance()[0, 0])
    return "not tested: trained once, which may have been luck" if np.isnan(p) else p


def _change(place: Place, old: Row | None, new: Row | None, test: float | str) -> Change:
    """Tell of a row that was found before, after, or both, and of its test (p, or why there is none)."""
    setting, model = place
    facts = dict(zip(Setting.__dataclass_fields__, setting, strict=True))
    training = training_name(facts["training"], float(facts["rung"] or 0))
    board = f"{facts['degradation']} on {facts['dataset']}, {facts['size']} px, {training}"
    what = "moved" if old and new else "new" if new else "gone"
    ranks, scores = ((getattr(old, f, ""), getattr(new, f, "")) for f in ("rank", "score"))
    p, reason = (None, test) if isinstance(test, str) else (test, "chance may explain it")
    if p is not None and p <= 1 - LEVEL:
        reason = "more than chance"
    return Change(board, model, what, ranks, scores, getattr(new or old, "metric", ""), p, reason)
