"""Leaderboards: a pure function of the stored results."""

from .boards import Board, collect
from .write import write_boards

__all__ = ["Board", "collect", "write_boards"]
