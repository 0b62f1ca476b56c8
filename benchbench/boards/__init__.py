"""Leaderboards: a pure function of the stored results."""

from .board import Board, collect
from .write import build, write_boards, write_pages

__all__ = ["Board", "build", "collect", "write_boards", "write_pages"]
