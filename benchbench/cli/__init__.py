"""The command line: one file a command, no logic. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import sys

import click

from .. import __version__
from ..errors import BenchbenchError
from . import check, leaderboard, list_, new_plugin, photos, run, runs, site, speed, weights

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class Commands(click.Group):
    """A group that shows a mendable error as one line and exits with 2."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BenchbenchError as error:
            text, code = str(error), 2
        except KeyboardInterrupt:
            text, code = "stopped", 130
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            text, code = f"{error.strerror or error}{where}", 2
        click.echo(f"benchbench: {text}", err=True)
        sys.exit(code)


@click.group(cls=Commands, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="benchbench")
def main() -> None:
    """Every portrait restorer against every degradation, under one protocol.

    \b
    benchbench run                                    all models on the default degradation and data
    benchbench run --degrade swirl --model unet       one model on one degradation
    benchbench run --dataset folder:PHOTOS            the same on your own photographs
    benchbench run --suite unswirl                    a whole study
    benchbench restore PHOTO --degrade pixelate       your photograph, by the best model so far
    benchbench list                                   what there is, with parameters
    benchbench new-plugin sharpen --kind model        a package to begin with, for your own method
    benchbench check sharpen                          whether it keeps the laws of its kind

    \b
    Tab completion for bash; zsh and fish likewise:
    eval "$(_BENCHBENCH_COMPLETE=bash_source benchbench)"
    """


COMMANDS = (
    run.command,
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
)

for command in COMMANDS:
    main.add_command(command)
