"""The blind test: pairs of restorations of one degraded face, for people to compare.

The page holds no model's name, only digests of pictures, by which a vote is known again when it is merged.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...contracts.model import REFERENCES
from ...files import digest
from ..board import Board
from ..samples import picture_digest, restorations, samples_of
from ..votes import PAIRS, QUESTIONS, SCHEMA, meant
from .entries import Entry
from .pictures import Album


@dataclass(frozen=True)
class Pair:
    """Two restorations of a degraded face."""

    board: str
    """The entry's id."""
    models: tuple[str, str]
    image: int
    """Its number in the strips of the board's album."""
    pictures: tuple[str, str]
    """Digests of the two."""


def pairs_of(board: Board, entry: str, count: int) -> list[Pair]:
    """All pairs of a board's first `count` sampled images, the closest models first.

    Neighbours in rank are closest. Each further image of a pair counts as much as a rank that is further away.
    References have no part, nor have models that are looked at before the end of their training, of which there are no
    pictures, nor pictures without a difference, or that several models made: votes on those would count for nobody.
    """
    rows, samples, made = board.rows, samples_of(board), restorations(board)
    competing = rows.loc[~rows["role"].isin(REFERENCES), "model"]
    models = [m for m in competing if m in samples and board.first_results[m].rung is None]
    digests = {model: [picture_digest(pixels) for pixels in samples[model]["restored"][:count]] for model in models}
    found = []
    for (i, a), (j, b) in itertools.combinations(enumerate(models), 2):
        for turn in range(count):
            image = (i + j + turn) % count  # so that not all first turns are of the first image
            pictures = digests[a][image], digests[b][image]
            if meant(*pictures, made) == (a, b):
                found.append((j - i + turn, turn, i, Pair(entry, (a, b), image, pictures)))
    return [pair for *_, pair in sorted(found, key=lambda item: item[:3])]


def linking(pairs: Iterable[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Split pairs into those that link two models which no earlier ones do, and the others (Kruskal 1956).

    With the first alone, all models have scores on a common scale.
    """
    parts: dict[str, set[str]] = {}
    links, others = list[Pair](), list[Pair]()
    for pair in pairs:
        a, b = (parts.setdefault(model, {model}) for model in pair.models)
        (others if a is b else links).append(pair)
        if a is not b:
            a |= b
            parts.update(dict.fromkeys(b, a))
    return links, others


def chosen(placed: Sequence[Entry], albums: Mapping[str, Album]) -> tuple[list[Pair], int]:
    """The pairs of the test, and how many there would be.

    They are those that link the models of each board, and where these are fewer than PAIRS, others from all boards in
    turn. Of more, the page draws PAIRS for each voter, whole boards as far as they go.
    """
    queues = [
        linking(pairs_of(entry.board, entry.id, len(albums[entry.id].ids)))
        for entry in placed
        if entry.id in albums and not entry.board.compression
    ]
    links = [pair for first, _ in queues for pair in first]
    others = filter(None, itertools.chain.from_iterable(itertools.zip_longest(*(rest for _, rest in queues))))
    unique: dict[frozenset[str], Pair] = {}
    for pair in itertools.chain(links, others):  # boards may share untrained models
        unique.setdefault(frozenset(pair.pictures), pair)
    needed = len({frozenset(pair.pictures) for pair in links})
    return list(unique.values())[: max(PAIRS, needed)], len(unique)


def data(placed: Sequence[Entry], albums: Mapping[str, Album]) -> dict[str, Any] | None:
    """What the page's script needs; None where there is nothing to compare."""
    pairs, possible = chosen(placed, albums)
    if not pairs:
        return None
    group = {board: number for number, board in enumerate(dict.fromkeys(pair.board for pair in pairs))}
    shown = [_shown(pair, albums[pair.board]) | {"board": group[pair.board]} for pair in pairs]
    shown.sort(key=lambda pair: pair["pictures"])
    images = max(len(albums[pair.board].ids) for pair in pairs)
    facts = {"schema": SCHEMA, "questions": list(QUESTIONS), "possible": possible, "images": images}
    facts |= {"boards": len(group), "asked": min(PAIRS, len(pairs))}
    return {"id": digest(*(pair["pictures"] for pair in shown)), **facts, "pairs": shown}


def _shown(pair: Pair, album: Album) -> dict[str, Any]:
    """A pair as the page has it: in the order of the digests, which tells nothing of the models."""
    sides = sorted(zip(pair.pictures, pair.models, strict=True))
    return {
        "pictures": [picture for picture, _ in sides],
        "strips": [album.restored[model].file for _, model in sides],
        "input": album.input.file,
        "truth": album.truth.file,
        "image": pair.image,
        "count": len(album.ids),
        "size": album.size,
    }
