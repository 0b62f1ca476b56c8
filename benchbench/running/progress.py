"""Progress of a trial, on its way from the child process to whoever follows the run."""

from __future__ import annotations

import json
from collections.abc import Mapping
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


def told(key: str, text: str) -> Progress | None:
    """Return what a trial's process told by `tell`; None for any other text, which may come from a plugin.

    >>> told("a-key", '{"values": {"fraction": 0.5}, "row": null}')
    {'key': 'a-key', 'values': {'fraction': 0.5}, 'row': None}
    """
    try:
        content = json.loads(text)
        values = {str(name): float(value) for name, value in content["values"].items()}
        return {"key": key, "values": values, "row": None if content["row"] is None else int(content["row"])}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
