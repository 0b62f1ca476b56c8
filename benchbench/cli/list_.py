"""`benchbench list`: every component with its parameters, and every plugin with what it brings."""

from __future__ import annotations

import json
from pathlib import Path

import click

from . import options


@click.command("list")
@click.argument("kind", required=False, type=click.Choice(["datasets", "degradations", "models", "metrics"]))
@click.option(
    "--plugins", is_flag=True, help="List plugins: distribution, version, what each brings, what failed and why."
)
@options.plugin_files
@options.no_plugin
@options.as_json
def command(
    kind: str | None, plugins: bool, files: tuple[Path, ...], no_plugin: tuple[str, ...], as_json: bool
) -> None:
    """List components with parameters, defaults and the package they came from."""
    from .. import catalogue

    registry = options.load_registry(no_plugin, plugins or as_json, files)
    chosen = catalogue.plugins(registry) if plugins else catalogue.components(registry, kind)
    if as_json:
        click.echo(json.dumps(chosen, indent=1))
        return
    click.echo(catalogue.as_text(chosen))
