"""The table of attributes, `attributes.csv`."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchbench import DataError

from ._finding import nfc, shown

Row = tuple[Any, ...]
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?")
TEXT_COLUMNS = ("identity", "split")
"""Columns of `attributes.csv` that stay text even where they look like numbers."""


def read_csv(path: Path) -> tuple[tuple[str, ...], dict[str, Row]]:
    """Read `attributes.csv`: the names of the attributes, and each file's row of them by the column `file`.

    Empty cells are None, text is in one line and composed (NFC), so that one name is one person, and a column that
    holds only numbers is numeric. Raises DataError naming the file and the line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, strict=True)
            lines = [(reader.line_num, [cell.strip() for cell in line]) for line in reader if line]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise DataError(f"{path}: cannot be read as CSV in UTF-8: {problem}") from problem
    if not lines or lines[0][1][0] != "file":
        raise DataError(f"{path}: its first line must name the columns, the first of them 'file'")
    columns = list(map(_plain, lines[0][1][1:]))
    if "" in columns or len(set(columns)) < len(columns):
        raise DataError(f"{path}: each column needs a name of its own, not {', '.join(map(repr, columns))}")
    rows: dict[str, list[str]] = {}
    for number, (file, *cells) in lines[1:]:
        if len(cells) != len(columns):
            raise DataError(f"{path}: line {number} has {len(cells) + 1} fields instead of {len(columns) + 1}")
        if not file or file in rows:
            raise DataError(
                f"{path}: line {number}: " + (f"'{shown(file)}' has a line already" if file else "no file name")
            )
        rows[file] = list(map(_plain, cells))
    typed = [_typed(name, [cells[k] for cells in rows.values()]) for k, name in enumerate(columns)]
    return tuple(columns), {file: tuple(column[i] for column in typed) for i, file in enumerate(rows)}


def _plain(cell: str) -> str:
    return nfc(" ".join(cell.split()))


def _typed(name: str, cells: Sequence[str]) -> list[Any]:
    kinds: Mapping[type, re.Pattern[str]] = {} if name in TEXT_COLUMNS else {int: _INTEGER, float: _NUMBER}
    for kind, pattern in kinds.items():
        if all(pattern.fullmatch(cell) for cell in cells if cell):
            return [kind(cell) if cell else None for cell in cells]
    return [cell or None for cell in cells]
