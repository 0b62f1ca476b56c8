"""`benchbench leaderboard`: boards from stored results."""

from __future__ import annotations

from pathlib import Path

import click

from . import options


@click.group("leaderboard")
def command() -> None:
    """Make leaderboards from stored results."""


@command.command("build")
@options.out
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the boards.  [default: leaderboards in --out]",
)
def build(out: Path, to: Path | None) -> None:
    """Write every board that the results under --out give."""
    from ..leaderboard import collect, write_boards

    boards, problems = collect(out)
    if not boards and not problems:
        raise click.ClickException(f"there are no results under {out}; `benchbench run --out {out}` makes some")
    for problem in problems:
        click.echo(f"benchbench: left out: {problem}", err=True)
    for path in write_boards(boards, to or out / "leaderboards"):
        click.echo(path)
