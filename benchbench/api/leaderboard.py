"""Boards in a notebook or a script: shown, as a table, as a plot, as a site, and each model of them at work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ..boards import Board
from ..boards.plots import PLOTS
from ..boards.rows import RANK
from ..boards.setting import DIGESTS, Setting
from ..boards.site import write_site
from ..boards.view import view_of
from ..boards.write import as_table
from ..errors import SpecError, did_you_mean
from ..registry.registry import Registry
from .console import text_of
from .entry import Entry
from .html import html_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SETTING = ("degradation", *(name for name in Setting.__dataclass_fields__ if name not in ("degradation", *DIGESTS)))


@dataclass(frozen=True, repr=False)
class Leaderboard:
    """The boards of a run, one for each degradation of each data set: a table with pictures where a notebook shows it.

    >>> import benchbench as bb
    >>> bb.leaderboard("no-such-folder")
    no results
    """

    boards: Sequence[Board]
    registry: Registry = field(hash=False)
    problems: Sequence[str] = ()
    """Result folders that were left out, and why."""

    def __len__(self) -> int:
        return len(self.boards)

    def __iter__(self) -> Iterator[Leaderboard]:
        """Yield each board by itself."""
        return (Leaderboard([board], self.registry) for board in self.boards)

    def __repr__(self) -> str:
        return text_of(map(view_of, self.boards)) or "no results"

    def _repr_html_(self) -> str:
        return "".join(html_of(view_of(board)) for board in self.boards) or "no results"

    def __getitem__(self, which: str | tuple[str, str]) -> Entry:
        """Return a model's row: `board["unet"]`, or where there are several boards, `board["pixelate", "unet"]`.

        Raises SpecError for a model or a degradation that is not there, or a choice that is open.
        """
        degradation, model = which if isinstance(which, tuple) else (None, which)
        known = {board.setting.degradation for board in self.boards}
        boards = [board for board in self.boards if degradation in (None, board.setting.degradation)]
        if not boards:
            raise SpecError(f"no board of '{degradation}': {did_you_mean(str(degradation), known)}")
        if len(boards) > 1:
            titles = "; ".join(f"{b.setting.degradation} on {b.setting.league.full_title}" for b in boards)
            raise SpecError(f"several boards, take one of them first, by a loop or by its degradation: {titles}")
        found = boards[0].first_results
        if model not in found:
            why = "; ".join(view_of(boards[0]).failures.get(model, [did_you_mean(model, found)]))
            raise SpecError(f"'{model}' has no scores on this board: {why}")
        return Entry(boards[0], found[model], self.registry)

    @property
    def failures(self) -> dict[str, str]:
        """Model -> why it has no scores, `failed: …` or `skipped: …`, or else why some of its trainings have none."""
        found: dict[str, list[str]] = {}
        for board in self.boards:
            for model, reasons in view_of(board).failures.items():
                found.setdefault(model, []).extend(reasons)
        return {model: "; ".join(dict.fromkeys(reasons)) for model, reasons in found.items()}

    def to_pandas(self) -> pd.DataFrame:
        """Return a row per model and board, best first.

        The columns are those of the boards' CSV, in another order: model, rank, means, setting, costs, intervals, and
        digests last. `psnr.low` and `psnr.high` bound the 95 % interval of `psnr`.
        """
        if not self.boards:
            return pd.DataFrame()
        table = pd.concat([as_table(board) for board in self.boards], ignore_index=True)
        means = dict.fromkeys(metric for board in self.boards for metric in board.metrics)
        first = [c for c in ("model", RANK, *means, *SETTING, "status", "reason") if c in table]
        last = [column for column in DIGESTS if column in table]
        return table[[*first, *(c for c in table if c not in (*first, *last)), *last]]

    def plot(self, kind: str | None = None) -> Figure:
        """Draw a board.

        The kinds are `curve` (score against training), `pareto` (against cost), `plane` (perception against
        distortion), `learning` (validation against training), `losses`, `gradients` (where they were watched) and
        `rate` (of codecs, against bytes). None draws the first of these that there is something for: a short training
        has no `curve`. Of several boards it is the first that has it. Returns a figure of matplotlib, which a notebook
        shows. Raises SpecError for another kind, or where there is nothing to draw.
        """
        if kind is not None and kind not in PLOTS:
            raise SpecError(f"no plot '{kind}'; there are {', '.join(PLOTS)}")
        for plot in PLOTS.values() if kind is None else [PLOTS[kind]]:
            for board in self.boards:
                if (figure := plot.draw(board)) is not None:
                    return figure
        raise SpecError("these boards have nothing for a plot" + (f" of '{kind}'" if kind else ""))

    def site(self, to: Path | str = "site") -> Path:
        """Write the boards as web pages, as `benchbench site` does; returns the front page."""
        return write_site(self.boards, Path(to), self.registry)
