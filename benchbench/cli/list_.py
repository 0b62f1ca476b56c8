"""`benchbench list`: every component with its parameters, all about one, and every plugin with what it brings."""

from __future__ import annotations

import sys

import click

from . import completion, options


@click.command("list")
@click.argument("what", required=False, metavar="[KIND|NAME]", shell_complete=completion.kinds_and_names)
@click.option(
    "--plugins", is_flag=True, help="List plugins: distribution, version, what each brings, what failed and why."
)
@options.plugins
@options.as_json
def command(what: str | None, plugins: bool, as_json: bool) -> None:
    """List components with parameters, defaults and the package they came from.

    KIND is datasets, degradations, models, metrics or plugins; the NAME of a component gives everything about it.
    """
    from ..errors import PluginError
    from ..registry import catalogue, sources

    clash, plugins = None, plugins or what in ("plugin", "plugins")
    if plugins and what not in (None, "plugin", "plugins"):
        raise click.UsageError("--plugins lists all plugins; leave out the name")
    try:
        entries = catalogue.read()
        options.report([e for e in entries if e["kind"] == "plugin"], plugins or as_json)
    except PluginError as error:
        if not plugins:
            raise
        from ..registry.registry import loaded

        entries, clash = catalogue.entries(loaded(sources.blocked(), sources.files())), error
    chosen = [e for e in entries if e["kind"] == "plugin"] if plugins else catalogue.select(entries, what)
    if as_json:
        options.print_json(chosen)
    elif chosen and what == chosen[0]["name"]:
        click.echo("\n\n".join(map(catalogue.in_full, chosen)))
    else:
        click.echo(catalogue.as_text(chosen))
    if clash:  # of which JSON says what is known in each plugin's entry
        click.echo(f"benchbench: {clash}", err=True)
        sys.exit(2)
