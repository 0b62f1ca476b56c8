"""`benchbench new-plugin`: a package to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from ..contracts.component import KIND_NAMES
from . import options


@click.command("new-plugin")
@click.argument("name")
@click.option("--kind", required=True, type=click.Choice(KIND_NAMES), help="What the plugin brings.")
@options.out("Folder in which the package's own is made.  [default: here]", default=Path())
@options.renamed("--to", "--out")
def command(name: str, kind: str, out: Path) -> None:
    """Write a package, benchbench-NAME, that brings a working component: change it into yours."""
    from ..registry.scaffold import new_plugin

    folder = new_plugin(options.load_registry(quiet=True), name, kind, out)
    click.echo(f"Written: {folder}\n")
    click.echo(f"  cd {folder}\n  pip install -e '.[test]'\n  pytest\n  benchbench list {kind}s")
