"""The history of a training: a row each time that it was validated, as `history.csv` beside its result."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..files import write_atomically
from .store import HISTORY, check_file

_LARGEST = 64_000_000  # bytes; a real one has some thousands


def write(folder: Path, history: Sequence[Mapping[str, float]]) -> None:
    """Write the rows as `history.csv`; a value that a row lacks becomes NaN."""
    buffer = io.StringIO()
    columns = list(dict.fromkeys(name for row in history for name in row))  # gradients may be watched from now on
    writer = csv.DictWriter(buffer, columns, restval="nan", lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    write_atomically(folder / HISTORY, buffer.getvalue())


def read(folder: Path) -> list[dict[str, float]]:
    """Read the rows of `history.csv`; none where there is no such file. Raises ValueError for a damaged one."""
    if not (folder / HISTORY).is_file():
        return []
    check_file(folder / HISTORY, _LARGEST)
    with (folder / HISTORY).open(newline="", encoding="utf-8-sig") as file:
        try:
            return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
        except (ValueError, TypeError, csv.Error) as error:
            raise ValueError(f"{folder / HISTORY} is damaged: {error}") from error
