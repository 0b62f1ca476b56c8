"""The command line: one file a command, no logic. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

try:
    from .. import __version__
except ImportError:  # another project's file lies in the place of ours, of which `_set_up` tells
    __version__ = ""
from .. import streams
from ..errors import BenchbenchError
from . import check, data, leaderboard, list_, new_plugin, options, photos, run, runs, site, speed, watch, weights
from .namesake import files_of_another

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
JSON = "benchbench.json"  # in a context's notes: whether JSON is asked for


class Commands(click.Group):
    """A group that shows a mendable error as one line, with `--json` as JSON on standard output too; exit 2."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program."""
        streams.set_up()
        try:
            with _no_interrupt_lost():
                return super().main(*args, **kwargs)
        except SystemExit as end:
            if isinstance(end.code, int | None):
                end.code = streams.finish(end.code or 0)
            raise

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note what was typed, and whether JSON is asked for, which a mistake in the other options must not hide."""
        _set_up()
        ctx.meta[JSON], ctx.meta[options.TYPED] = "--json" in args, list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            error.show()
            text, code = error.format_message(), error.exit_code
        except (BenchbenchError, KeyboardInterrupt, OSError) as error:
            text, code = _in_a_line(error), 130 if isinstance(error, KeyboardInterrupt) else 2
            click.echo(f"benchbench: {text}", err=True)
        if ctx.meta[JSON]:
            options.print_json({"error": text, "exit_code": code})
        sys.exit(code)


@contextmanager
def _no_interrupt_lost() -> Iterator[None]:
    """Let a Ctrl-C come again that Python ignores, because it came while an object was being deleted."""
    before, timers = sys.unraisablehook, list[threading.Timer]()

    def hook(ignored: sys.UnraisableHookArgs) -> None:
        if ignored.exc_type is KeyboardInterrupt:
            timers.append(threading.Timer(0.01, _interrupt_main))
            timers[-1].start()
        else:
            before(ignored)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
        for timer in timers:
            timer.cancel()


def _interrupt_main() -> None:
    """Send Ctrl-C to the main thread, whatever it waits for."""
    if hasattr(signal, "pthread_kill") and (main := threading.main_thread().ident):
        signal.pthread_kill(main, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)


def _set_up() -> None:
    """Let no command fail at a notebook's choice of where plots are shown, or begin where no file can be found.

    Ends the process where another project's files lie among ours.
    """
    if found := files_of_another(Path(__file__).parents[1]):
        sys.exit(f"benchbench: {found}")
    os.environ["MPLBACKEND"] = "Agg"
    try:
        os.getcwd()
    except FileNotFoundError as error:
        raise click.UsageError("the folder that you are in was removed; change to another") from error


def _in_a_line(error: BaseException) -> str:
    """Say in a line what went wrong."""
    if isinstance(error, KeyboardInterrupt):
        return "stopped"
    where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
    return f"{getattr(error, 'strerror', None) or error}{where}"


@click.group(cls=Commands, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="benchbench")
def main() -> None:
    """Every portrait restorer against every degradation, under one protocol.

    \b
    benchbench run                                    all models on the default degradation and data
    benchbench run --degrade swirl --model unet       one model on one degradation
    benchbench run --dataset folder:PHOTOS            the same on your own photographs
    benchbench run --suite unswirl                    a whole study
    benchbench watch                                  how a run stands, from another terminal
    benchbench restore PHOTO --degrade pixelate       your photograph, by the best model so far
    benchbench list                                   what there is, with parameters
    benchbench new-plugin sharpen --kind model        a package to begin with, for your own method
    benchbench check sharpen                          whether it keeps the laws of its kind
    benchbench data audit folder:PHOTOS               persons in two splits, copies, images without a face

    \b
    Tab completion for bash; zsh and fish likewise:
    eval "$(_BENCHBENCH_COMPLETE=bash_source benchbench)"
    """


COMMANDS = (
    run.command,
    watch.command,
    list_.command,
    check.command,
    new_plugin.command,
    photos.restore,
    photos.degrade,
    runs.command,
    leaderboard.command,
    site.command,
    speed.command,
    weights.command,
    data.command,
)

for command in COMMANDS:
    main.add_command(command)
