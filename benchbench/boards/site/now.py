"""The page of what is at work, which renews itself, its curves longer each time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from markupsafe import Markup

from ...files import write_atomically
from ...results.journal import OngoingRun
from .. import plots
from ..board import Board
from ..plots import Curves
from .build import MANIFEST
from .charts import line_chart
from .render import page

FILE = "now.html"


def write_now(folder: Path, runs: Sequence[OngoingRun], boards: Sequence[Board], seconds: int) -> Path:
    """Write the page of these runs into the folder of a site; returns its file.

    It renews itself every so many seconds while there is a run. Its charts show the trainings at work beside those that
    have ended on the same boards.
    """
    content = page(FILE, FILE, runs=runs, charts=list(_charts(runs, boards)), seconds=seconds)
    write_atomically(folder / FILE, content)
    if not runs and (folder / MANIFEST).is_file():  # the next site removes it; until now a browser was to find it
        listed = (folder / MANIFEST).read_text(encoding="utf-8")
        write_atomically(folder / MANIFEST, f"{listed}{FILE}\n")
    return folder / FILE


def _charts(runs: Sequence[OngoingRun], boards: Sequence[Board]) -> Iterator[tuple[str, str, list[str], Markup]]:
    """Yield the degradation, the data set, the names and the chart of each board on which something is at work."""
    at_work = [trial for run in runs for trial in run.at_work]
    for degradation, dataset in dict.fromkeys((trial.degradation, trial.dataset) for trial in at_work):
        own = [trial for trial in at_work if (trial.degradation, trial.dataset) == (degradation, dataset)]
        ended = [b for b in boards if (b.setting.degradation, b.setting.dataset) == (degradation, dataset)]
        lines = {name: list(line) for board in ended for name, line in plots.learning_of(board).lines.items()}
        for trial in own:
            lines[f"{trial.model} (at work)"] = [(x, math.nan if y is None else y) for x, y in trial.curve]
        lines = {name: line for name, line in lines.items() if line}
        chart = line_chart(
            f"Validation PSNR against training compute on {degradation}",
            Curves(("training compute [TFLOP]", "validation PSNR [dB]"), lines, log="x"),
        )
        if chart:
            yield degradation, dataset, list(lines), chart
