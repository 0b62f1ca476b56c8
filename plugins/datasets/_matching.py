"""Lines of strangers' tables, and masks, matched to images by names that are not always spelt alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from benchbench import is_image_name

from ._finding import Skipped, nfc, shown

_MASK = re.compile(r"(?<![^/])mask[ _.-]|[ _.-]mask$")
_EXACT, _COMPOSED, _BARE, _ANY_CASE, _BARE_IN_ANY_CASE, _OF_A_MASK = range(6)
"""The spellings that are compared, from the exact one to the loosest."""


def match(keys: Sequence[str], names: Sequence[str], masks: bool = False) -> tuple[dict[str, str], list[str]]:
    """Match `keys`, lines or masks, to images: returns image -> key, and what is doubtful, in words.

    An exact spelling comes before a looser one, the whole path before a part of it: `b.png` is `sub/b.png`, as is
    `elsewhere/sub/b.png`. Where keys are masks, `f00_mask.png` and `mask_f00.png` are `f00.png`, too. A key that fits
    several images gets none; of several keys that fit one image equally well, the first gets it.
    """
    best = _matcher(names, _OF_A_MASK if masks else _BARE_IN_ANY_CASE)
    claims, doubts = dict[str, list[tuple[int, str]]](), list[str]()
    for key in keys:
        rank, fits = best(key)
        if len(fits) > 1:
            doubts.append(f"'{shown(key)}' may be {' or '.join(fits[:2])}: give the path within the folder")
        for name in fits if len(fits) == 1 else ():
            claims.setdefault(name, []).append((rank, key))
    for name, claimed in claims.items():
        claimed.sort(key=lambda claim: claim[0])
        if len(claimed) > 1 and claimed[0][0] == claimed[1][0]:
            doubts.append(f"two lines are about '{name}', one of them '{shown(claimed[1][1])}'")
    return {name: claimed[0][1] for name, claimed in claims.items()}, doubts


def _matcher(names: Sequence[str], loosest: int) -> Callable[[str], tuple[int, list[str]]]:
    """Return what finds the images that a key fits best, and how loosely: 0 is exactly."""
    tables = list[dict[tuple[bool, str], list[str]]]()

    def table(spelling: int) -> dict[tuple[bool, str], list[str]]:
        """The images by the parts at the end of their paths, and whether that is the whole path."""
        while len(tables) <= spelling:  # most tables need the first alone
            tables.append({})
            for name in names:
                path = _spelt(name, min(len(tables) - 1, _BARE_IN_ANY_CASE))
                for part in _ends(path):
                    tables[-1].setdefault((part == path, part), []).append(name)
        return tables[spelling]

    def best(key: str) -> tuple[int, list[str]]:
        for spelling in range(loosest + 1):
            path, known = _spelt(key, spelling), table(spelling)
            ways = [(True, path), (False, path), *((True, part) for part in _ends(path) if part != path)]
            for rank, way in enumerate(ways):
                if way in known:
                    return 3 * spelling + min(rank, 2), known[way]
        return 0, []

    return best


def _ends(path: str) -> Iterator[str]:
    """The path, then what is left of it without its first folder, and so on."""
    while path:
        yield path
        path = path.partition("/")[2]


def _spelt(name: str, spelling: int) -> str:
    path = name.replace("\\", "/").removeprefix("./")
    path = path if spelling == _EXACT else nfc(path)
    path = bare(path) if spelling in (_BARE, _BARE_IN_ANY_CASE, _OF_A_MASK) else path
    path = path.casefold() if spelling >= _ANY_CASE else path
    return _MASK.sub("", path) if spelling == _OF_A_MASK else path


def bare(name: str) -> str:
    """Return `name` without its suffix, if that is one of an image."""
    return name.removesuffix(PurePosixPath(name).suffix) if is_image_name(name) else name


def examples(names: Sequence[str]) -> str:
    """The first three of some names.

    >>> examples(["a", "b", "c", "d"])
    'a, b, c, …'
    """
    return ", ".join(map(shown, names[:3])) + (", …" if len(names) > 3 else "")


def unmatched(file: str, keys: Sequence[str], names: Sequence[str], found: dict[str, str], mask: bool) -> Skipped:
    """Say of a list or folder how many of its keys, and how many of the images, have no counterpart in `found`."""
    remarks, taken = Skipped(), set(found.values())
    kind, why = ("masks", "image, or several") if mask else ("lines", "image")
    if idle := [key for key in keys if key not in taken]:
        fit = "fits" if len(idle) == 1 else "fit"
        remarks.append((file, f"{len(idle)} of its {len(keys)} {kind} {fit} no {why}: {examples(idle)}"))
    return remarks + without(file, kind.removesuffix("s"), [name for name in names if name not in found], len(names))


def without(file: str, kind: str, images: Sequence[str], n: int) -> Skipped:
    """Say how many of `n` images have no mask, or no line in a list; nothing where none lacks it."""
    have = "has" if len(images) == 1 else "have"
    return [(file, f"{len(images)} of {n} images {have} no {kind}: {examples(images)}")] if images else []
