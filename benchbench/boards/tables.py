"""A table as CSV and Parquet beside each other."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd

from ..files import write_atomically


def beside(stem: Path, suffix: str) -> Path:
    """The file that has this suffix after the stem's whole name, dots included."""
    return stem.with_name(stem.name + suffix)


def is_written(stem: Path, content: str) -> bool:
    """Tell if `<stem>.json`, which is written last, holds this already, and the page is there."""
    known = beside(stem, ".json")
    return known.is_file() and known.read_text(encoding="utf-8") == content and beside(stem, ".md").is_file()


def write_table(stem: Path, flat: pd.DataFrame) -> None:
    """Write `<stem>.csv` and `<stem>.parquet`."""
    write_atomically(beside(stem, ".csv"), flat.to_csv(index=False, lineterminator="\n"))
    buffer = io.BytesIO()
    flat.to_parquet(buffer, index=False)
    write_atomically(beside(stem, ".parquet"), buffer.getvalue())
