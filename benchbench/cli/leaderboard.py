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
    from .. import leaderboard

    written, problems = leaderboard.build(out, to or out / "leaderboards")
    if not written and not problems:
        raise click.ClickException(f"there are no results under {out}; `benchbench run --out {out}` makes some")
    for problem in problems:
        click.echo(f"benchbench: left out: {problem}", err=True)
    for path in written:
        click.echo(path)
