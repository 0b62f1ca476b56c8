"""`benchbench site`: the boards as web pages."""

from __future__ import annotations

from pathlib import Path

import click

from . import options


@click.command("site")
@options.out
@options.option("--to", type=options.FOLDER, default=Path("site"), help="Folder of the site.")
@options.at
@options.plugins
def command(out: Path, to: Path, at: float | None) -> None:
    """Write the boards, faces and models of --out as a site that opens from a file or any web server."""
    from ..boards import collect
    from ..boards.site import write_site

    boards, problems = collect(out, at)
    if not boards and not problems:
        raise click.ClickException(f"there are no results under {out}; `benchbench run --out {out}` makes some")
    for problem in problems:
        click.echo(f"benchbench: left out: {problem}", err=True)
    click.echo(write_site(boards, to, options.load_registry()))
