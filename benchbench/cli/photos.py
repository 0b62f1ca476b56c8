"""`benchbench degrade` and `benchbench restore`: photographs of the user's own."""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import DataError, SpecError
from . import options

if TYPE_CHECKING:
    from ..registry.registry import Registry

photos = click.argument("photos", nargs=-1, required=True, type=options.FILE)
out = options.out("Folder of the pictures.  [default: here]", default=Path())
no_to = options.renamed("--to", "--out")


@click.command("degrade")
@photos
@options.component("degradation", "--with", "Degradation, or a+b in a row; one picture each.", required=True)
@click.option(
    "--size", type=click.IntRange(8, 4096), help="Scale the shorter side to so many px first.  [default: its own size]"
)
@options.option("--seed", default=0, help="For degradations that draw at random.")
@out
@no_to
@options.plugins
def degrade(photos: tuple[Path, ...], degradation: tuple[str, ...], size: int | None, seed: int, out: Path) -> None:
    """Degrade photographs, at their own size or a smaller one."""
    from .. import photos as work

    registry = options.load_registry()
    degradations = [registry.resolve("degradation", spec) for spec in degradation]
    bad = 0
    for photo, each in product(photos, degradations):
        try:
            click.echo(work.degrade(photo, each, out, seed, size))
        except DataError as error:
            bad += 1
            click.echo(f"benchbench: {error}", err=True)
    sys.exit(bool(bad))


@click.command("restore")
@photos
@options.component("model", "--model", "Model; all takes the best of any.", False, default="all", show_default=True)
@options.component("degradation", "--degrade", "What the photographs suffer from.", False, required=True)
@options.component("dataset", "--dataset", "Data set that the model was trained on, if the runs have several.", False)
@click.option("--size", type=int, help="Size in pixels that the model was trained at, if the runs have several.")
@options.runs
@out
@no_to
@options.plugins
@options.as_json
def restore(
    photos: tuple[Path, ...],
    model: str,
    degradation: str,
    dataset: str | None,
    size: int | None,
    runs: Path,
    out: Path,
    as_json: bool,
) -> None:
    """Restore photographs by the trained model of the runs that validated best; writes before/after pictures too.

    A restored face is a plausible face, not the person's: the detail is extrapolated from the training images.
    """
    from .. import photos as work

    registry = options.load_registry()
    model = model if model == "all" else str(registry.resolve("model", model))
    wanted = work.Wanted(registry.resolve("degradation", degradation), model, _label(registry, dataset), size)
    restorer = work.best_trained(registry, runs, wanted)
    if not as_json:
        click.echo(f"Restoring by {restorer.model} ({restorer.score}), from {restorer.result.folder}")
        if restorer.others:
            click.echo(f"  rather than by {', '.join(restorer.others)}")
    done, bad = [], 0
    for photo in photos:
        try:
            done.append(work.restore_file(photo, restorer, out))
        except DataError as error:
            bad += 1
            click.echo(f"benchbench: {error}", err=True)
    if as_json:
        trial = restorer.result.record.trial
        chosen = {"model": str(restorer.model), "dataset": trial.dataset, "size": trial.size}
        more = {"result": str(restorer.result.folder), "others": restorer.others, "pictures": done}
        options.print_json(chosen | more)
    else:
        for pictures in done:
            click.echo(f"{pictures['restored']}\n{pictures['before_after']}")
    sys.exit(bool(bad))


def _label(registry: Registry, dataset: str | None) -> str | None:
    """Return a data set's label on boards, from its spec; what is no spec is taken for a label."""
    try:
        return dataset and registry.resolve("dataset", dataset).label
    except SpecError:
        return dataset
