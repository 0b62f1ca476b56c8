"""A model's row on a board, and the model behind it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
from PIL import Image
from torch import nn

from ..boards import Board
from ..boards.view import Row, View, view_of
from ..contracts.model import OPEN
from ..errors import BenchbenchError, DoubtWarning
from ..images import as_bytes
from ..photos.choosing import cannot_be_made, restorer_of
from ..photos.files import whole
from ..photos.restorer import Restorer
from ..registry.registry import Registry
from ..results.store import Result
from .pictures import Pictures, image_of


@dataclass(frozen=True, repr=False)
class Entry:
    """A model on a board: its scores, and the trained model itself, to restore images of one's own."""

    board: Board = field(hash=False)
    result: Result
    """Of its first training."""
    registry: Registry = field(hash=False)

    @property
    def model(self) -> str:
        """Its spec."""
        return self.result.record.trial.model

    @cached_property
    def row(self) -> Row:
        """Its row, as boards show it."""
        return next(row for row in view_of(self.board).rows if row.model == self.model)

    def __repr__(self) -> str:
        view = view_of(self.board)
        return f"{self.model}: {rank_in_words(view, self.row)}, {view.score(self.row)}"

    def to_pandas(self) -> pd.DataFrame:
        """Return the scores of each test image (rows: ids; columns: metrics), averaged over trainings."""
        found = [r.scores for r in self.board.scored if r.record.trial.model == self.model]
        return pd.concat(found).groupby(level=0, sort=False).mean()

    @cached_property
    def restorer(self) -> Restorer:
        """The model with its weights. Raises BenchbenchError where there are none, or it is not known here any more."""
        if restorer := restorer_of(self.registry, self.result):
            return restorer
        raise BenchbenchError(cannot_be_made(self.result.record.trial))

    @property
    def module(self) -> nn.Module:
        """The trained module, in eval mode on the CPU: images float32 `(N, 3, H, W)` in [0, 1] to the same."""
        return self.restorer.module

    def restore(self, image: Pictures) -> Image.Image:
        """Restore one image of any size, whole: a path, a picture of Pillow, an array or a tensor.

        What an array or tensor holds is said by `benchbench.score`. It is scaled to the size that the model was
        trained at, and back. `benchbench restore` finds the faces of a photograph first, and restores these. The first
        call restores up to 120 images besides, 60 of the validation split clean and degraded, to know what is usual.

        Warns (DoubtWarning) of an image that does not look as if it suffered from what the model undoes, as one that
        is sharp, or was degraded at another size. Raises BenchbenchError as `restorer` does, DataError for what is not
        one image.
        """
        restored, notes = whole(image_of(image)[None].float() / 255, self.restorer)
        for note in notes:
            warnings.warn(note, DoubtWarning, stacklevel=2)
        return Image.fromarray(as_bytes(restored)[0])


def rank_in_words(view: View, row: Row) -> str:
    """Say a row's rank in its track, or where a board gives none, its place there."""
    rows, where = view.ranked_with(row), " in the open track" if row.role == OPEN else ""
    ranks = row.ranks.removeprefix(OPEN).strip()
    of = f"rank {ranks}" if ranks not in ("", "–") else f"place {rows.index(row) + 1} by the mean"
    return f"{of} of {len(rows)}{where}"
