"""`benchbench watch`: a run that is at work, followed from another terminal."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options

if TYPE_CHECKING:
    from rich.console import Group

    from ..results.journal import AtWork, OngoingRun

LOOK_SECONDS = 1.0
BAR, BARS, BLOCKS = 12, 16, "▁▂▃▄▅▆▇█"


@click.command("watch")
@click.argument("runs", type=options.FOLDER, default=options.RUNS)
@click.option("--once", is_flag=True, help="Show how it stands now, and end.  [default where this is no terminal]")
@options.as_json
def command(runs: Path, once: bool, as_json: bool) -> None:
    """Follow the runs that write to RUNS (runs by default), here or on a cluster: progress, speed, validation.

    Ends with them. Ctrl-C ends the watching alone.
    """
    import msgspec
    from rich.console import Console
    from rich.live import Live

    from ..results.journal import ongoing_runs

    console, found = Console(highlight=False), ongoing_runs(runs)
    if as_json:
        options.print_json(msgspec.to_builtins(found))
    elif not found:
        console.print(f"No run is at work on {runs}.", markup=False)
    elif once or not console.is_terminal:
        console.print(drawn(found))
    else:
        with Live(drawn(found), console=console, auto_refresh=False) as live:
            while found := ongoing_runs(runs):
                live.update(drawn(found), refresh=True)
                time.sleep(LOOK_SECONDS)
        console.print("The run has ended.")


def drawn(runs: list[OngoingRun]) -> Group:
    """Draw each run with its trials at work."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    parts: list[Text | Table] = []
    for run in runs:
        ended = ", ".join(f"{count} {status}" for status, count in run.ended.items()) or "none yet"
        parts.append(Text(f"{run.done} of {run.trials} trials have ended ({ended}); process {run.pid} on {run.host}"))
        table = Table(box=None)
        for head in ("degradation", "model", "progress", "images/s", "left", "validation PSNR [dB]"):
            table.add_column(Text(head), no_wrap=head != "model", overflow="fold")
        for trial in run.at_work:
            table.add_row(*map(Text, (trial.degradation, trial.model, *_cells(trial))))
        parts.append(table)
    return Group(*parts)


def _cells(trial: AtWork) -> tuple[str, str, str, str]:
    """Write how far a trial is, its speed, the time left, and its validations as a curve."""
    from ..boards.text import duration

    fraction, speed, left = (trial.progress.get(n) for n in ("fraction", "images_per_second", "seconds_left"))
    bar = "starting" if fraction is None else f"{'━' * round(BAR * fraction):{BAR}} {100 * fraction:3.0f}%"
    return bar, f"{speed or 0:.0f}", "" if left is None else duration(left), sparkline([y for _, y in trial.curve])


def sparkline(values: list[float | None]) -> str:
    """Draw the last values as a curve of blocks, and write the newest behind it.

    >>> sparkline([10.0, 12.5, 15.0])
    '▁▅█ 15.00'
    """
    known = [value for value in values if value is not None and math.isfinite(value)][-BARS:]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known) or 1.0
    blocks = (BLOCKS[round((value - low) / span * (len(BLOCKS) - 1))] for value in known)
    return f"{''.join(blocks)} {known[-1]:.2f}"
