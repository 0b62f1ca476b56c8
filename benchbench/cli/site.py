"""`benchbench site`: the boards as web pages."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options

if TYPE_CHECKING:
    from ..boards import Board
    from ..registry.registry import Registry

RENEW_SECONDS = 3


@click.command("site")
@options.runs
@options.out("Folder of the site.", default=Path("site"), show_default=True)
@options.renamed("--to", "--out")
@options.at
@click.option("--follow", is_flag=True, help="Follow the runs at work in --runs on a page, now.html, until they end.")
@options.plugins
def command(runs: Path, out: Path, at: float | None, follow: bool) -> None:
    """Write the boards, faces and models of --runs as a site that opens from a file or any web server."""
    from ..results.journal import ongoing_runs

    registry = options.load_registry()
    if follow and not ongoing_runs(runs):
        click.echo(f"benchbench: no run is at work on {runs}: there is nothing to follow", err=True)
    elif follow:
        _follow(runs, out, at, registry)
    boards, problems = _collect(runs, at)
    options.report_left_out(problems, runs, any_found=bool(boards))
    from ..boards.site import write_site

    click.echo(write_site(boards, out, registry))
    if follow:
        _renew(out, runs, boards)


def _collect(runs: Path, at: float | None) -> tuple[Sequence[Board], Sequence[str]]:
    from ..boards import collect

    return collect(runs, at)


def _follow(runs: Path, out: Path, at: float | None, registry: Registry) -> None:
    """Write the site anew with each new result, and in between the page of what is at work, until the runs end."""
    from ..boards.site import write_site
    from ..results.journal import ongoing_runs
    from ..results.layout import files_in

    known: list[Path] | None = None
    while ongoing_runs(runs):
        stored = files_in(runs)
        if stored != known:
            boards, known = _collect(runs, at)[0], stored
            write_site(boards, out, registry)
            page = _renew(out, runs, boards)
            click.echo(f"{page}: {len(stored)} results", err=True)
        _renew(out, runs, boards)
        time.sleep(RENEW_SECONDS)


def _renew(out: Path, runs: Path, boards: Sequence[Board]) -> Path:
    """Write the page of what is at work; returns its file."""
    from ..boards.site.now import write_now
    from ..results.journal import ongoing_runs

    return write_now(out, ongoing_runs(runs), boards, RENEW_SECONDS)
