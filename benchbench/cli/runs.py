"""`benchbench runs`: what can be done with stored results."""

from __future__ import annotations

from pathlib import Path

import click

from . import options


@click.group("runs")
def command() -> None:
    """Look after stored results."""


@command.command("prune")
@options.runs
@options.renamed("--out", "--runs")
def prune(runs: Path) -> None:
    """Remove from stored results what trainings need to go on with a larger budget.

    Results, boards and weights stay; a larger budget then trains anew.
    """
    from ..results import store

    if not runs.is_dir():
        raise click.UsageError(f"there is no folder {runs}: name that of the results by --runs")
    checkpoints = [path for where, _ in store.find(runs) for path in where.glob(store.CHECKPOINTS) if path.is_file()]
    size = sum(path.stat().st_size for path in checkpoints)
    for path in checkpoints:
        path.unlink()
    click.echo(f"{len(checkpoints)} checkpoints removed, {size / 1e6:.1f} MB")
