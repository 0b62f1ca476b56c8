"""Progress of a trial, on its way from the child process to whoever follows the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TypedDict

from ..processes import tell_parent


class Progress(TypedDict):
    """A trial's newest state, or a row of its history, in plain values that any machine can send."""

    key: str
    """The trial's."""
    values: dict[str, float]
    row: int | None
    """The number of the row, counted from 0, if the values are one of the history."""


def tell(values: Mapping[str, float], row: int | None = None) -> None:
    """In a trial's process: tell the parent how far it is, or a row of its history by its number."""
    tell_parent(json.dumps({"values": values, "row": row}))


def pass_on(key: str, hear: Callable[[Progress], object], text: str) -> None:
    """Let `hear` have what a trial's process told by `tell`; any other text, which may come from a plugin, is dropped.

    >>> pass_on("a-key", print, '{"values": {"fraction": 0.5}, "row": null}')
    {'key': 'a-key', 'values': {'fraction': 0.5}, 'row': None}
    """
    try:
        content = json.loads(text)
        values = {str(name): float(value) for name, value in content["values"].items()}
        row = None if content["row"] is None else int(content["row"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return
    hear({"key": key, "values": values, "row": row})
