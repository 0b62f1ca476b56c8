"""The blind test: pairs of restorations of one degraded face, for people to compare.

The page holds no model's name, only digests of pictures, by which a vote is known again when it is merged.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...contracts.model import REFERENCES
from ...files import digest
from ..board import Board
from ..samples import picture_digest, samples_of
from ..votes import PAIRS, QUESTIONS, SCHEMA
from .entries import Entry
from .pictures import Album


@dataclass(frozen=True)
class Pair:
    """Two restorations of a degraded face."""

    board: str
    """The entry's id."""
    models: tuple[str, str]
    place: int
    """Of the image in the strips of the board's album."""
    pictures: tuple[str, str]
    """Digests of the two."""


def pairs_of(board: Board, entry: str, count: int) -> list[Pair]:
    """All pairs of a board's first `count` sampled images, the closest models first.

    Neighbours in rank are closest, and their chain links all models, without which there would be no common scale. Each
    further image of a pair counts as much as a rank that is further away. References have no part, nor have models that
    are looked at before the end of their training, of which there are no pictures, nor pictures without a difference.
    """
    rows, samples = board.rows, samples_of(board)
    competing = rows.loc[~rows["role"].isin(REFERENCES), "model"]
    models = [m for m in competing if m in samples and board.first_results[m].rung is None]
    digests = {model: [picture_digest(pixels) for pixels in samples[model]["restored"][:count]] for model in models}
    found = []
    for (i, a), (j, b) in itertools.combinations(enumerate(models), 2):
        for turn in range(count):
            place = (i + j + turn) % count  # so that not all first turns are of the first image
            pictures = digests[a][place], digests[b][place]
            if pictures[0] != pictures[1]:
                found.append((j - i + turn, turn, i, Pair(entry, (a, b), place, pictures)))
    return [pair for *_, pair in sorted(found, key=lambda item: item[:3])]


def chosen(placed: Sequence[Entry], albums: Mapping[str, Album]) -> tuple[list[Pair], int]:
    """The pairs of the test, at most PAIRS, from all boards in turn; and how many there would be."""
    queues = [
        pairs_of(entry.board, entry.id, len(albums[entry.id].ids))
        for entry in placed
        if entry.id in albums and not entry.board.compression
    ]
    in_turn = filter(None, itertools.chain.from_iterable(itertools.zip_longest(*queues)))
    unique: dict[frozenset[str], Pair] = {}
    for pair in in_turn:  # boards may share untrained models
        unique.setdefault(frozenset(pair.pictures), pair)
    return list(unique.values())[:PAIRS], len(unique)


def data(placed: Sequence[Entry], albums: Mapping[str, Album]) -> dict[str, Any] | None:
    """What the page's script needs; None where there is nothing to compare."""
    pairs, possible = chosen(placed, albums)
    if not pairs:
        return None
    shown = sorted((_shown(pair, albums[pair.board]) for pair in pairs), key=lambda pair: pair["pictures"])
    places = max(len(albums[pair.board].ids) for pair in pairs)
    facts = {"schema": SCHEMA, "questions": list(QUESTIONS), "possible": possible, "images": places}
    return {"id": digest(*(pair["pictures"] for pair in shown)), **facts, "pairs": shown}


def _shown(pair: Pair, album: Album) -> dict[str, Any]:
    """A pair as the page has it: in the order of the digests, which tells nothing of the models."""
    sides = sorted(zip(pair.pictures, pair.models, strict=True))
    return {
        "pictures": [picture for picture, _ in sides],
        "strips": [album.restored[model].file for _, model in sides],
        "input": album.input.file,
        "truth": album.truth.file,
        "place": pair.place,
        "count": len(album.ids),
        "size": album.size,
    }
