"""Options that several commands share."""

from __future__ import annotations

import functools
import json
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import protocol
from ..files import RUNS
from . import completion

if TYPE_CHECKING:
    from ..registry.registry import Registry


option = functools.partial(click.option, show_default=True)
"""Make an option whose help tells its default."""


class UserPath(click.Path):
    """A path that may begin with `~`, which no shell expands behind `--out=`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Expand `~` and check the path."""
        return super().convert(os.path.expanduser(value), param, ctx)


class Finite(click.FloatRange):
    """A number within bounds that is neither NaN nor infinite; `FloatRange` takes NaN for within all bounds."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Convert text to a number and check it."""
        found = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value!r} is no finite number.", param, ctx)
        return found


FOLDER = UserPath(path_type=Path, file_okay=False)
FILE = UserPath(path_type=Path, exists=True, dir_okay=False)


def component(kind: str, flag: str, help: str, multiple: bool = True, **more: Any) -> Callable[[Any], Any]:
    """Return an option that takes a component spec, or several; `more` is what `click.option` knows."""
    help += "  [repeatable]" if multiple else ""
    complete = completion.specs_of(kind)
    return click.option(flag, kind, multiple=multiple, metavar="SPEC", help=help, shell_complete=complete, **more)


TYPED = "benchbench.typed"  # in a context's notes: the words behind `benchbench`
SIZE = click.IntRange(protocol.SMALLEST, protocol.LARGEST)
runs = option("--runs", type=FOLDER, default=RUNS, help="Folder of the stored results, which is read.")
at = click.option(
    "--at", metavar="RUNG", callback=lambda ctx, parameter, text: text and _flops(text),
    help="Boards after so much training, such as 0.5TFLOP.  [default: the highest rung that all models have]",
)  # fmt: skip
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts, and nothing else.")


def out(help: str, **more: Any) -> Callable[[Any], Any]:
    """Return `--out`, the folder that a command writes; `more` is what `click.option` knows.

    A folder of stored results is refused: these commands read results, by `--runs`.
    """
    return click.option("--out", **{"type": FOLDER, "callback": _no_results, **more}, help=help)


def _no_results(ctx: click.Context, parameter: click.Parameter, folder: Path | None) -> Path | None:
    from ..results import store

    if folder and not ctx.resilient_parsing and store.holds_results(folder):
        raise click.UsageError(f"--out is where this command writes, and {folder} holds results: name it by --runs")
    return folder


def report_left_out(problems: Sequence[str], runs: Path, any_found: bool) -> None:
    """Report on stderr the results that were left out. Raises BenchbenchError where there are none at all."""
    from ..errors import BenchbenchError

    if not any_found and not problems:
        raise BenchbenchError(f"there are no results under {runs}; `benchbench run --out {runs}` makes some")
    for problem in problems:
        click.echo(f"benchbench: left out: {problem}", err=True)


def renamed(old: str, new: str) -> Callable[[Any], Any]:
    """Return an option that is no more; who gives it is told what it is called now."""

    def tell(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
        if value is not None and not ctx.resilient_parsing:
            raise click.UsageError(f"{old} is called {new} here: --out is what a command writes, --runs what it reads")

    return click.option(old, hidden=True, expose_value=False, is_eager=True, callback=tell)


def plugins(command: Any) -> Any:
    """Add `--plugin` and `--no-plugin`, which choose the plugins of the whole process before the command begins."""
    also = click.option(
        "--plugin", multiple=True, type=FILE, metavar="FILE", expose_value=False, is_eager=True, callback=_add_files,
        help="Load a plugin from a file, not installed.  [repeatable]",
    )  # fmt: skip
    without = click.option(
        "--no-plugin", multiple=True, metavar="NAME", expose_value=False, is_eager=True, callback=_block,
        help="Leave out a plugin, or all of a package; PACKAGE:NAME is one of it.  [repeatable]",
    )  # fmt: skip
    return also(without(command))


def _add_files(ctx: click.Context, parameter: click.Parameter, files: tuple[Path, ...]) -> None:
    if files and not ctx.resilient_parsing:
        from ..registry import sources

        sources.add_files(files)


def _block(ctx: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> None:
    """Leave out plugins by name, package, or both. Raises SpecError for a name that is none of these."""
    if not names or ctx.resilient_parsing:
        return
    from ..errors import SpecError, did_you_mean
    from ..registry import sources

    installed = sources.installed()
    for name in set(names) - installed.keys():
        raise SpecError(f"--no-plugin {name}: there is no such plugin: {did_you_mean(name, installed)}")
    sources.block(plugin for name in names for plugin in installed[name])


def _flops(text: str) -> float:
    """Parse a rung of training. Raises SpecError."""
    from ..api.request import flops_of

    return flops_of(text)


def print_json(value: object) -> None:
    """Print a value as JSON: what `--json` asks for."""
    from ..files import json_text

    print_json_text(json_text(value))


def print_json_text(text: str) -> None:
    """Print JSON, its characters escaped where the standard output's encoding lacks one: none may be replaced."""
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text), indent=1) + "\n"
    click.echo(text, nl=False)


def load_registry(quiet: bool = False) -> Registry:
    """Load all plugins that were chosen; report on stderr what was left out, or looks wrong.

    Raises PluginError for a file that is no plugin: the user asked for it.
    """
    from ..registry import registry

    found = registry.registry()
    report([vars(plugin) for plugin in found.plugins.values()], quiet)
    return found


def report(plugins: Sequence[Mapping[str, Any]], quiet: bool) -> None:
    """Report on stderr which plugins were left out, or look wrong. Raises PluginError as `load_registry` does."""
    from ..errors import PluginError
    from ..registry import sources

    asked_for = {path.name for path in sources.files()}
    for plugin in plugins:
        if plugin["error"] and plugin["distribution"] in asked_for:
            raise PluginError(f"{plugin['distribution']}: {plugin['error']}")
    for plugin in [] if quiet else plugins:
        source = f"benchbench: plugin {plugin['name']} ({plugin['distribution']})"
        for warning in plugin["warnings"]:
            click.echo(f"{source}: {warning}", err=True)
        if plugin["error"]:
            click.echo(f"{source} left out: {plugin['error']}", err=True)
