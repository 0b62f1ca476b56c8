"""The lists that CelebA comes with: as published, words in a text file, or as Kaggle has them, CSV with a head.

Downloads break, and leave a page of a web site, or half of a list, under the list's name. So each form is checked, and
whatever is none of the two is refused by the file's name.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection
from pathlib import Path

from benchbench import DataError, is_image_name

from ._tables import Row

SPLITS = {"0": "train", "1": "validation", "2": "test"}
"""The splits by their numbers in `list_eval_partition.txt`."""


def read_lines(path: Path) -> list[list[str]]:
    """Read the cells of each line of a CSV file, or the words of any other; none if there is no file.

    Raises DataError.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as problem:
        raise DataError(f"{path}: cannot be read: {problem}") from problem
    if path.suffix == ".csv":
        return [[cell.strip() for cell in line] for line in csv.reader(text.splitlines()) if line]
    return [line.split() for line in text.splitlines() if line.strip()]


def read_attributes(path: Path) -> tuple[tuple[str, ...], dict[str, Row]]:
    """Read attributes (the names, then per file 1 or -1 for each name) as rows of 1 and 0 by stem.

    A text file begins with the number of files, which is held against the lines. Nothing if there is no such file.
    Raises DataError.
    """
    if not path.is_file():
        return (), {}
    lines, count = read_lines(path), None
    if path.suffix != ".csv":
        count, lines = lines[:1], lines[1:]
        if not (count and len(count[0]) == 1 and count[0][0].isdecimal()):
            raise DataError(f"{path}: it must begin with the number of images, not '{_shown(count)}'")
    names = (lines[0][1:] if count is None else lines[0]) if lines else []
    if not names or len(set(names)) < len(names) or not all(re.fullmatch(r"[\w-]+", name) for name in names):
        raise DataError(f"{path}: the names of the attributes are lacking, not '{_shown(lines[:1])}'")
    if count is not None and int(count[0][0]) != len(lines) - 1:
        raise DataError(f"{path}: it promises {count[0][0]} images and has {len(lines) - 1}: fetch it again")
    for file, *values in lines[1:]:
        if len(values) != len(names) or not set(values) <= {"1", "-1", "0"}:
            raise DataError(f"{path}: the line of '{file}' must have {len(names)} values, each 1 or -1")
    return tuple(names), {
        stem: tuple(int(v == "1") for v in values) for stem, values in _by_stem(path, lines[1:]).items()
    }


def read_pairs(path: Path, legal: Collection[str] = ()) -> dict[str, str]:
    """Read a list of file names and values, which may have to be `legal`, as value by stem; empty if there is no file.

    Raises DataError.
    """
    lines = read_lines(path)
    for number, line in enumerate(lines, 1):
        if len(line) != 2:
            raise DataError(f"{path}: line {number} must have a file name and a value, not '{_shown([line])}'")
    head = 1 if path.suffix == ".csv" else 0
    values = {stem: value for stem, (value,) in _by_stem(path, lines[head:]).items()}
    if legal and (strange := set(values.values()) - set(legal)):
        raise DataError(f"{path}: '{min(strange)}' is none of {', '.join(legal)}")
    return values


def _by_stem(path: Path, lines: list[list[str]]) -> dict[str, list[str]]:
    """The values of each line by the stem of the file that it begins with. Raises DataError for other lists."""
    rows: dict[str, list[str]] = {}
    for file, *values in lines:
        stem = Path(file).stem
        if not is_image_name(file):
            raise DataError(f"{path}: '{_shown([[file]])}' is no name of an image: fetch the list again")
        if stem in rows:
            raise DataError(f"{path}: '{file}' has a line already")
        rows[stem] = values
    return rows


def _shown(lines: list[list[str]]) -> str:
    """The beginning of some lines, in one."""
    return " ".join(word for line in lines for word in line)[:60]
