"""Names of the files that are written: no two alike, and none a photograph that was given."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

LONGEST = 100  # characters of a photograph's name that are kept: systems allow 255 bytes, endings included


def distinct_names(photos: Sequence[Path], endings: Sequence[str], folder: Path) -> list[str]:
    """Name what is made of each photograph: its name without the suffix, and a number where that is taken.

    `endings` follow each name. Names that differ in case, or in how an accent is written, are one file on some systems.

    >>> from pathlib import Path
    >>> distinct_names([Path("a/me.png"), Path("b/me.jpg")], ["-swirl.png"], Path("out"))
    ['me', 'me-2']
    """
    taken = {_same(photo.absolute()) for photo in photos}
    names = []
    for photo in photos:
        stem = photo.stem[:LONGEST]
        for name in (stem, *(f"{stem}-{number}" for number in range(2, len(photos) + 2))):
            made = {_same((folder / f"{name}{ending}").absolute()) for ending in endings}
            if not made & taken:
                break
        taken |= made
        names.append(name)
    return names


def _same(path: Path) -> str:
    """A text that is equal for paths of one file."""
    resolved = path.resolve().parent / path.name
    return unicodedata.normalize("NFC", str(resolved)).casefold()
