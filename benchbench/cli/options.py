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
plugin_files = click.option(
    "--plugin",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Load a plugin from a file, not installed.  [repeatable]",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts, and nothing else.")


def load_registry(blocked: tuple[str, ...], quiet: bool = False, files: tuple[Path, ...] = ()) -> Registry:
    """All plugins but the blocked ones, and those in files; what was left out, or looks wrong, is reported on stderr.

    Raises PluginError for a file that is no plugin: the user asked for it.
    """
    from ..errors import PluginError
    from ..plugins import registry

    found = registry(_known(blocked), tuple(dict.fromkeys(files)))
    for plugin in found.failures:
        if plugin.distribution in {path.name for path in files}:
            raise PluginError(f"{plugin.distribution}: {plugin.error}")
    if not quiet:
        _report(map(vars, found.plugins.values()))
    return found


def load_catalogue(blocked: tuple[str, ...], quiet: bool, files: tuple[Path, ...]) -> list[dict[str, Any]]:
    """The catalogue of all plugins but the blocked ones, and of those in files, reported likewise."""
    from .. import catalogue

    if files:  # the index knows nothing of them
        return catalogue.entries(load_registry(blocked, quiet, files))
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
