"""Boards with their places on the site, and the leagues that they form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ...results.layout import result_file, root_of
from ...results.store import Result
from ..board import Board
from ..setting import League
from ..view import Row, View, view_of


@dataclass(frozen=True)
class Entry:
    """A board and its place on the site."""

    id: str
    """`<data set>/<degradation>`, safe in paths and different for each board."""
    board: Board

    @cached_property
    def view(self) -> View:
        """The board as it is shown."""
        return view_of(self.board)

    @cached_property
    def sources(self) -> dict[str, list[str]]:
        """Model -> the paths of the results behind its numbers, from the folder of results."""
        found = _paths(self.board.ended)  # for those that have scores at other rungs alone
        return found | _paths(self.board.results)

    @cached_property
    def rungs(self) -> dict[float, View]:
        """FLOPs -> the board as it is shown at each rung, lowest first; empty where trainings have fewer than two."""
        course, own = self.board.course, self.board.setting.rung
        known: list[float] = course.flops.tolist() if course else []
        return {f: self.view if f == own else view_of(self.board.at(f)) for f in known} if own in known else {}

    @cached_property
    def row(self) -> dict[str, Row]:
        """Model -> its row, best first."""
        return {row.model: row for row in self.view.rows}


def _paths(results: Iterable[Result]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for result in results:
        path = result_file(result.folder).relative_to(root_of(result.folder))
        found.setdefault(result.record.trial.model, []).append(path.as_posix())
    return found


def entries(boards: Sequence[Board]) -> list[Entry]:
    """Give boards their places. Where several share data set and degradation, a digest tells them apart."""
    shared = Counter(board.setting.file for board in boards)
    own = ["" if shared[board.setting.file] == 1 else f"-{board.setting.code}" for board in boards]
    return [Entry("/".join(board.setting.file) + code, board) for board, code in zip(boards, own, strict=True)]


def leagues(found: Sequence[Entry]) -> dict[League, list[Entry]]:
    """Group entries by league, the league with most boards first."""
    groups: dict[League, list[Entry]] = {}
    for entry in found:
        groups.setdefault(entry.board.setting.league, []).append(entry)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0].full_title, item[0].fingerprint)))
