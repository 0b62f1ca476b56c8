"""`benchbench site`: the boards as web pages."""

from __future__ import annotations

from pathlib import Path

import click

from . import options


@click.command("site")
@options.runs
@options.out("Folder of the site.", default=Path("site"), show_default=True)
@options.renamed("--to", "--out")
@options.at
@options.plugins
def command(runs: Path, out: Path, at: float | None) -> None:
    """Write the boards, faces and models of --runs as a site that opens from a file or any web server."""
    from ..boards import collect
    from ..boards.site import write_site

    boards, problems = collect(runs, at)
    if not boards and not problems:
        raise click.ClickException(f"there are no results under {runs}; `benchbench run --out {runs}` makes some")
    for problem in problems:
        click.echo(f"benchbench: left out: {problem}", err=True)
    click.echo(write_site(boards, out, options.load_registry()))
