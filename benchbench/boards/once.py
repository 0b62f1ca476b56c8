"""What is worked out of a board is worked out once, and kept with it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

B = TypeVar("B")
T = TypeVar("T")


def once(function: Callable[[B], T]) -> Callable[[B], T]:
    """Have a function of one object called once for each, whose attributes never change: it keeps what is returned.

    >>> class Board: ...
    >>> @once
    ... def plane_of(board: Board) -> object:
    ...     return object()
    >>> board = Board()
    >>> plane_of(board) is plane_of(board), plane_of(board) is plane_of(Board())
    (True, False)
    """
    name = f"{function.__module__}.{function.__qualname__}"

    @functools.wraps(function)
    def kept(of: B) -> T:
        known: dict[str, Any] = vars(of)  # where cached properties are, too
        if name not in known:
            known[name] = function(of)
        found: T = known[name]
        return found

    return kept
