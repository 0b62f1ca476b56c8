"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..plugins import Registry


def completion(kind: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Completes the names of components of a kind, and `all`."""

    def complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        from ..plugins import registry

        return [name for name in ["all", *registry().of(kind)] if name.startswith(incomplete)]

    return complete


def component(kind: str, flag: str, help: str) -> Callable[[Any], Any]:
    """A repeatable option that takes component specs."""
    return click.option(
        flag, kind, multiple=True, metavar="SPEC", help=help + "  [repeatable]", shell_complete=completion(kind)
    )


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
    """All plugins but the blocked ones, and those in files; those that failed to load are reported on stderr.

    Raises PluginError for a file that is no plugin: the user asked for it.
    """
    from ..errors import PluginError, SpecError, did_you_mean
    from ..plugins import installed, registry

    for name in set(blocked) - set(installed()):
        raise SpecError(f"--no-plugin {name}: there is no such plugin: {did_you_mean(name, installed())}")
    found = registry(frozenset(blocked), tuple(dict.fromkeys(files)))
    for plugin in found.failures:
        if plugin.distribution in {path.name for path in files}:
            raise PluginError(f"{plugin.distribution}: {plugin.error}")
        if not quiet:
            click.echo(f"benchbench: plugin {plugin.name} ({plugin.distribution}) left out: {plugin.error}", err=True)
    return found
