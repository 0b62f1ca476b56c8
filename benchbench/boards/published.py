"""Figures that others published, on a page of their own: they cannot be ranked with ours, and it says why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import BenchbenchError
from ..files import read_toml, write_atomically
from .text import escape, table

SOURCE, PAGE = "published.toml", "published.md"


def write_published(out: Path, folder: Path) -> Path | None:
    """Write `published.md` from `published.toml` among the results, if there is one. Raises BenchbenchError.

    The file has `[[source]]` tables: `title`, `reference`, `task`, `why` (they can't be ranked with ours), `columns`
    (heads) and `rows` (a name and a cell for each head, as text, with the digits that were printed).
    """
    path = out / SOURCE
    if not path.exists():
        return None
    try:
        parts = [_section(source) for source in read_toml(path)["source"]]
    except (KeyError, TypeError, AttributeError, OSError, ValueError) as error:
        raise BenchbenchError(
            f"{path} cannot be understood: {type(error).__name__}: {error}; mend or remove it"
        ) from error
    intro = "Quoted as their authors printed them. None of them can be ranked with the boards here."
    write_atomically(folder / PAGE, "\n\n".join(["# Published figures", intro, *parts]) + "\n")
    return folder / PAGE


def _section(source: Mapping[str, Any]) -> str:
    title, reference, task, why = (escape(source[name]) for name in ("title", "reference", "task", "why"))
    heads = ["model", *map(escape, source["columns"])]
    rows = [dict(zip(heads, map(escape, row), strict=True)) for row in source["rows"]]
    return f"## {title}\n\n{reference}\n\n{task}\n\n{table(rows, 'model')}\n\n**Not comparable:** {why}"
