"""`benchbench degrade` and `benchbench restore`: photographs of the user's own."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..errors import DataError
from . import completion, options

PHOTO = click.Path(path_type=Path, exists=True, dir_okay=False)
photos = click.argument("photos", nargs=-1, required=True, type=PHOTO)
FOLDER = click.Path(path_type=Path, file_okay=False)
to = click.option("--to", type=FOLDER, default=Path(), help="Folder of the pictures.  [default: here]")


@click.command("degrade")
@photos
@click.option(
    "--with",
    "with_",
    required=True,
    multiple=True,
    metavar="SPEC",
    help="Degradation, or a+b in a row.  [repeatable: one picture each]",
    shell_complete=completion.specs_of("degradation"),
)
@click.option(
    "--size", type=click.IntRange(8, 4096), help="Scale the shorter side to so many px first.  [default: its own size]"
)
@click.option("--seed", default=0, show_default=True, help="For degradations that draw at random.")
@to
@options.plugins
def degrade(photos: tuple[Path, ...], with_: tuple[str, ...], size: int | None, seed: int, to: Path) -> None:
    """Degrade photographs, at their own size or a smaller one."""
    from .. import photos as work

    registry = options.load_registry()
    degradations = [registry.resolve("degradation", spec) for spec in with_]
    bad = 0
    for photo in photos:
        for degradation in degradations:
            try:
                click.echo(work.degrade(photo, degradation, to, seed, size))
            except DataError as error:
                bad += 1
                click.echo(f"benchbench: {error}", err=True)
    sys.exit(1 if bad else 0)


@click.command("restore")
@photos
@click.option(
    "--model",
    default="all",
    show_default=True,
    metavar="SPEC",
    help="Model; all takes the best of any.",
    shell_complete=completion.specs_of("model"),
)
@click.option(
    "--degrade",
    "degradation",
    required=True,
    metavar="SPEC",
    help="What the photographs suffer from.",
    shell_complete=completion.specs_of("degradation"),
)
@to
@options.out
@options.plugins
@options.as_json
def restore(photos: tuple[Path, ...], model: str, degradation: str, to: Path, out: Path, as_json: bool) -> None:
    """Restore photographs by the best trained model that the runs hold; writes before/after pictures too.

    A restored face is a plausible face, not the person's: the detail is extrapolated from the training images.
    """
    from .. import photos as work

    registry = options.load_registry()
    restorer = work.best_trained(registry, out, model, registry.resolve("degradation", degradation))
    if not as_json:
        click.echo(f"Restoring by {restorer.model} ({restorer.score}), from {restorer.result.folder}")
    done, bad = [], 0
    for photo in photos:
        try:
            done.append(work.restore_file(photo, restorer, to))
        except DataError as error:
            bad += 1
            click.echo(f"benchbench: {error}", err=True)
    if as_json:
        options.print_json({"model": str(restorer.model), "result": str(restorer.result.folder), "pictures": done})
    else:
        for pictures in done:
            click.echo(f"{pictures['restored']}\n{pictures['before_after']}")
    sys.exit(1 if bad else 0)
