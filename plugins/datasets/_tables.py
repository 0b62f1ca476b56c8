"""Tables of attributes: `attributes.csv`, and the text files that CelebA comes with."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchbench import DataError

Row = tuple[Any, ...]
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?")
TEXT_COLUMNS = ("identity", "split")
"""Columns of `attributes.csv` that stay text even where they look like numbers."""


def read_csv(path: Path) -> tuple[tuple[str, ...], dict[str, Row]]:
    """Read `attributes.csv`: the names of the attributes, and each file's row of them by the column `file`.

    Empty cells are None; a column that holds only numbers is numeric. Raises DataError naming the file and the line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, strict=True)
            lines = [(reader.line_num, [cell.strip() for cell in line]) for line in reader if line]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise DataError(f"{path}: cannot be read as CSV in UTF-8: {problem}") from problem
    if not lines or lines[0][1][0] != "file":
        raise DataError(f"{path}: its first line must name the columns, the first of them 'file'")
    columns = lines[0][1][1:]
    if "" in columns or len(set(columns)) < len(columns):
        raise DataError(f"{path}: each column needs a name of its own, not {', '.join(map(repr, columns))}")
    rows: dict[str, list[str]] = {}
    for number, (file, *cells) in lines[1:]:
        if len(cells) != len(columns):
            raise DataError(f"{path}: line {number} has {len(cells) + 1} fields instead of {len(columns) + 1}")
        if not file or file in rows:
            raise DataError(f"{path}: line {number}: " + (f"'{file}' has a line already" if file else "no file name"))
        rows[file] = cells
    typed = [_typed(name, [cells[k] for cells in rows.values()]) for k, name in enumerate(columns)]
    return tuple(columns), {file: tuple(column[i] for column in typed) for i, file in enumerate(rows)}


def _typed(name: str, cells: Sequence[str]) -> list[Any]:
    kinds: Mapping[type, re.Pattern[str]] = {} if name in TEXT_COLUMNS else {int: _INTEGER, float: _NUMBER}
    for kind, pattern in kinds.items():
        if all(pattern.fullmatch(cell) for cell in cells if cell):
            return [kind(cell) if cell else None for cell in cells]
    return [cell or None for cell in cells]


def match_rows(path: Path, rows: Mapping[str, Row], names: Sequence[str]) -> dict[str, Row]:
    """Match rows to images: a line of the table names an image by its relative path, or by the path's last part.

    Returns image -> row. Raises DataError where a line fits two images, or two lines fit one image.
    """
    by_last_part: dict[str, list[str]] = {}
    for name in names:
        by_last_part.setdefault(name.rpartition("/")[2], []).append(name)
    known, matched = set(names), dict[str, Row]()
    for file, row in rows.items():
        plain = file.replace("\\", "/").removeprefix("./")
        fits = [plain] if plain in known else by_last_part.get(plain, [])
        if len(fits) > 1:
            raise DataError(f"{path}: '{file}' may be {' or '.join(fits[:2])}: give the path within the folder")
        for name in fits:
            if name in matched:
                raise DataError(f"{path}: two lines are about '{name}', one of them '{file}'")
            matched[name] = row
    return matched


def read_lines(path: Path) -> list[list[str]]:
    """Read the words of each line of a text file; none if there is no such file. Raises DataError."""
    try:
        return [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as problem:
        raise DataError(f"{path}: cannot be read: {problem}") from problem


def read_celeba_attributes(path: Path) -> tuple[tuple[str, ...], dict[str, Row]]:
    """Read CelebA's attributes (a count, the names, then per file 1 or -1 for each name) as rows of 1 and 0 by stem.

    Nothing if there is no such file. Raises DataError.
    """
    if not path.is_file():
        return (), {}
    lines = read_lines(path)
    if len(lines) < 2:
        raise DataError(f"{path}: it must begin with the number of images and the names of the attributes")
    names, rows = tuple(lines[1]), dict[str, Row]()
    for file, *values in lines[2:]:
        if len(values) != len(names) or not set(values) <= {"1", "-1", "0"}:
            raise DataError(f"{path}: the line of '{file}' must have {len(names)} values, each 1 or -1")
        rows[Path(file).stem] = tuple(int(value == "1") for value in values)
    return names, rows


def read_celeba_pairs(path: Path) -> dict[str, str]:
    """Read a CelebA list of file names and values as value by stem; empty if there is no such file."""
    lines = read_lines(path)
    for number, line in enumerate(lines, 1):
        if len(line) != 2:
            raise DataError(f"{path}: line {number} must have a file name and a value, not '{' '.join(line)}'")
    return {Path(file).stem: value for file, value in lines}


CELEBA_SPLITS = {"0": "train", "1": "validation", "2": "test"}
"""The splits by their numbers in CelebA's `list_eval_partition.txt`."""
