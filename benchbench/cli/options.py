"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import completion

if TYPE_CHECKING:
    from ..plugins import Registry


def component(kind: str, flag: str, help: str) -> Callable[[Any], Any]:
    """A repeatable option that takes component specs."""
    complete, help = completion.specs_of(kind), help + "  [repeatable]"
    return click.option(flag, kind, multiple=True, metavar="SPEC", help=help, shell_complete=complete)


out = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs"),
    show_default=True,
    help="Folder of the results and boards.",
)
no_plugin = click.option("--no-plugin", multiple=True, metavar="NAME", help="Leave a plugin out.  [repeatable]")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts, and nothing else.")


def load_registry(blocked: tuple[str, ...], quiet: bool = False) -> Registry:
    """All plugins but the blocked ones; those that were left out, or look wrong, are reported on stderr."""
    from ..plugins import registry

    found = registry(_known(blocked))
    if not quiet:
        _report(map(vars, found.plugins.values()))
    return found


def load_catalogue(blocked: tuple[str, ...], quiet: bool = False) -> list[dict[str, Any]]:
    """The catalogue of all plugins but the blocked ones, reported likewise."""
    from .. import catalogue

    found = catalogue.read(_known(blocked))
    if not quiet:
        _report(entry for entry in found if entry["kind"] == "plugin")
    return found


def _known(names: tuple[str, ...]) -> frozenset[str]:
    """The names, all of installed plugins. Raises SpecError if one is not."""
    if names:
        from ..errors import SpecError, did_you_mean
        from ..plugins import installed

        for name in set(names) - set(installed()):
            raise SpecError(f"--no-plugin {name}: there is no such plugin: {did_you_mean(name, installed())}")
    return frozenset(names)


def _report(plugins: Iterable[Mapping[str, Any]]) -> None:
    for plugin in plugins:
        source = f"benchbench: plugin {plugin['name']} ({plugin['distribution']})"
        for warning in plugin["warnings"]:
            click.echo(f"{source}: {warning}", err=True)
        if plugin["error"]:
            click.echo(f"{source} left out: {plugin['error']}", err=True)
