"""Check that boards are exactly what their results give: make them anew, and compare byte for byte."""

from __future__ import annotations

import fnmatch
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from ..errors import BenchbenchError
from .write import build

PICTURES = (".webp",)
"""Compared by their names only: their bytes depend on the versions of the libraries that draw them."""
BY_PEOPLE = ("CONTRIBUTING.md", "grid.toml", "rank.toml", "entrants.toml", "*.py")
"""Files beside the boards that no result gives."""
_SHOWN = 100


@dataclass(frozen=True)
class Difference:
    """A file that is not what the results give: the first line that differs, and how many do."""

    file: str
    problem: str
    line: int = 0
    expected: str = ""
    found: str = ""

    def __str__(self) -> str:
        if not self.line:
            return f"{self.file}: {self.problem}"
        return f"{self.file}:{self.line}: {self.problem}\n  expected: {self.expected}\n  found:    {self.found}"


def verify(out: Path, boards: Path, at: float | None = None) -> list[Difference]:
    """Find where the folder `boards` differs from what the results under `out` give, at a rung; nothing is written.

    Raises BenchbenchError where there are no results.
    """
    with tempfile.TemporaryDirectory(prefix="benchbench-") as scratch:
        written, problems = build(out, Path(scratch), at)
        if not written and not problems:
            raise BenchbenchError(f"there are no results under {out}, so nothing is verified")
        differences = [Difference(str(out), f"left out: {problem}") for problem in problems]
        expected, found = _files(Path(scratch)), _files(boards, without=out)
        for name in sorted(expected.keys() | found.keys()):
            if "/" in name or not any(fnmatch.fnmatch(name, pattern) for pattern in BY_PEOPLE):
                differences += _compare(name, expected.get(name), found.get(name))
    return differences


def _files(root: Path, without: Path | None = None) -> dict[str, Path]:
    """Return relative path -> path of every file below a folder, but hidden ones and those below `without`."""
    apart = without.resolve() if without and without.resolve().is_relative_to(root.resolve()) else None
    files = {path.relative_to(root): path for path in root.rglob("*") if not path.is_dir()}
    return {
        name.as_posix(): path
        for name, path in files.items()
        if not any(part.startswith(".") for part in name.parts) and not (apart and path.resolve().is_relative_to(apart))
    }


def _compare(name: str, expected: Path | None, found: Path | None) -> Iterator[Difference]:
    if expected is None:
        yield Difference(name, "surplus: no result gives it; remove it")
    elif found is None:
        yield Difference(name, "missing")
    elif expected.suffix in PICTURES or (ours := expected.read_bytes()) == (theirs := found.read_bytes()):
        return
    elif expected.suffix == ".parquet":
        if not _same_table(expected, found):
            yield Difference(name, "not the table that the results give")
    else:
        yield _first_line(name, ours, theirs)


def _same_table(expected: Path, found: Path) -> bool:
    """True if two tables hold the same; their bytes depend on the library's version, too."""
    import pyarrow
    from pyarrow import parquet

    try:
        ours, theirs = (parquet.ParquetFile(path).read().to_pandas() for path in (expected, found))
    except (OSError, pyarrow.ArrowException):
        return False
    return bool(ours.equals(theirs))


def _first_line(name: str, ours: bytes, theirs: bytes) -> Difference:
    """Find the first line that differs, its end included; bytes that are no UTF-8 stay visible."""
    texts = (content.decode("utf-8", errors="backslashreplace") for content in (ours, theirs))
    lines = list(zip_longest(*(text.splitlines(keepends=True) for text in texts), fillvalue=""))
    first, *others = (number for number, (a, b) in enumerate(lines) if a != b)
    a, b = lines[first]
    start = next(i for i, (x, y) in enumerate(zip_longest(a, b)) if x != y)
    more = f" (nor {len(others)} more line{'s' * (len(others) > 1)})" if others else ""
    return Difference(name, f"not what the results give{more}", first + 1, _around(a, start), _around(b, start))


def _around(line: str, position: int) -> str:
    """Quote what stands around a position of a line, without a usual line end."""
    if not line:
        return "(no such line)"
    start = max(0, position - _SHOWN // 2)
    shown = line[start : start + _SHOWN]
    whole = shown if shown.endswith(("\r\n", "\r")) else shown.removesuffix("\n")
    return f"{'…' * (start > 0)}{whole!r}{'…' * (start + _SHOWN < len(line))}"
