"""A page of boards as Markdown, with the same as CSV, Parquet and JSON beside it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..files import json_text, write_atomically
from .text import cell


def beside(stem: Path, suffix: str) -> Path:
    """Return the file that has this suffix after the stem's whole name, dots included."""
    return stem.with_name(stem.name + suffix)


def plain_rows(rows: Iterable[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """Return rows as JSON has them: None where a value is NaN."""
    return [{str(name): None if v != v else v for name, v in row.items()} for row in rows]


def csv_text(table: pd.DataFrame) -> str:
    """Return a table as CSV that a spreadsheet shows and does not run."""
    return table.map(cell).to_csv(index=False, lineterminator="\n")


def parquet_of(table: pd.DataFrame) -> bytes:
    """Return a table as Parquet, without what pandas and statistics add: for so few rows that is most of the bytes."""
    import pyarrow
    from pyarrow import parquet

    buffer, plain = io.BytesIO(), pyarrow.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    parquet.write_table(
        plain, buffer, compression="zstd", use_dictionary=False, write_statistics=False, store_schema=False
    )
    return buffer.getvalue()


def write_files(
    stem: Path, values: Sequence[Any], draw: Callable[[], tuple[str, pd.DataFrame]], *, redraw: bool
) -> Path:
    """Write `<stem>.md|csv|parquet|json`: what `draw` gives as text and table, and `values`. Returns the Markdown file.

    Without `redraw`, they stay as they are if the JSON holds these values already.
    """
    page, known, content = beside(stem, ".md"), beside(stem, ".json"), json_text(values)
    if redraw or not (page.is_file() and known.is_file() and known.read_text(encoding="utf-8") == content):
        text, table = draw()
        write_atomically(page, text)
        write_atomically(beside(stem, ".csv"), csv_text(table))
        write_atomically(beside(stem, ".parquet"), parquet_of(table))
        write_atomically(known, content)  # last: it vouches for the others
    return page
