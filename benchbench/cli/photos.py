"""`benchbench degrade` and `benchbench restore`: photographs of the user's own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import protocol
from ..errors import BenchbenchError, SpecError, one_line
from . import options

if TYPE_CHECKING:
    from ..contracts.degradation import Degradation
    from ..data.faces import Face
    from ..photos.restorer import Restorer
    from ..registry.registry import Registry


def _faces(ctx: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> list[Face]:
    """Parse squares. Raises BadParameter."""
    return [_face(text) for text in texts]


def _face(text: str) -> Face:
    from ..data.faces import Face

    try:
        left, top, side = (options.Finite().convert(part, None, None) for part in text.split(","))
    except (ValueError, click.BadParameter):
        raise click.BadParameter(f"'{text}' is not LEFT,TOP,SIDE in pixels, such as 120,80,200") from None
    if side < 1:
        raise click.BadParameter(f"'{text}': a side is at least 1 pixel")
    return Face(left + side / 2, top + side / 2, side)


photos = click.argument("photos", nargs=-1, required=True, type=options.FILE)
out = options.out("Folder of the pictures.  [default: here]", default=Path())
no_to = options.renamed("--to", "--out")
faces = click.option(
    "--face", "marked", multiple=True, metavar="LEFT,TOP,SIDE", callback=_faces,
    help="Where a face is, in pixels: from brows to chin, ears included.  [repeatable; default: found]",
)  # fmt: skip


@click.command("degrade")
@photos
@options.component("degradation", "--with", "Degradation, or a+b in a row; one picture each.", required=True)
@click.option(
    "--size", type=click.IntRange(protocol.SMALLEST, protocol.LARGEST_PHOTO),
    help="Scale the shorter side to so many px first.  [default: its own size]",
)  # fmt: skip
@faces
@options.option("--seed", default=0, help="For degradations that draw at random.")
@out
@no_to
@options.plugins
def degrade(
    photos: tuple[Path, ...], degradation: tuple[str, ...], size: int | None, marked: list[Face], seed: int, out: Path
) -> None:
    """Degrade photographs, at their own size or a smaller one.

    What is confined to the face, as by region=face, goes inside the faces that are found, or named.
    """
    from ..photos import files
    from ..photos.framing import scaled
    from ..photos.names import distinct_names

    registry = options.load_registry()
    degradations = [registry.resolve("degradation", spec) for spec in degradation]
    names = distinct_names(photos, [files.degraded_name(each) for each in degradations], out)

    def one(photo: Path, name: str, each: Degradation) -> None:
        clean = files.read(photo)
        clean = clean if size is None else scaled(clean, size)
        faces = files.faces_for(each, clean, marked)
        for face in faces:
            click.echo(f"benchbench: {photo}: the face at {','.join(map(str, face.box))} is degraded", err=True)
        path = out / f"{name}{files.degraded_name(each)}"
        files.write(path, files.degrade(clean, each, seed, photo.name, faces))
        click.echo(path)

    named = zip(photos, names, strict=True)
    sys.exit(bool(_each([(photo, partial(one, photo, name, each)) for photo, name in named for each in degradations])))


@click.command("restore")
@photos
@options.component("model", "--model", "Model; all takes the best of any.", False, default="all", show_default=True)
@options.component("degradation", "--degrade", "What the photographs suffer from.", False, required=True)
@options.component("dataset", "--dataset", "Data set that the model was trained on, if the runs have several.", False)
@click.option("--size", type=int, help="Size in pixels that the model was trained at, if the runs have several.")
@faces
@click.option("--whole", is_flag=True, help="Restore all of each photograph, not its faces.")
@click.option("--anyway", is_flag=True, help="Restore what does not look degraded, too.")
@options.runs
@out
@no_to
@options.plugins
@options.as_json
def restore(photos: tuple[Path, ...], runs: Path, out: Path, as_json: bool, **asked: Any) -> None:
    """Restore the faces in photographs by the trained model of the runs that validated best.

    All else in a photograph stays as it is. A picture before and after is written, too. A restored face is a plausible
    face, not the person's: the detail is extrapolated from the training images.
    """
    from ..photos import files
    from ..photos.names import distinct_names

    if asked["whole"] and asked["marked"]:
        raise click.UsageError("--whole and --face exclude each other")
    restorer = _restorer(runs, asked)
    if not as_json:
        click.echo(f"Restoring by {restorer.model} ({restorer.score}), from {restorer.result.folder}")
        if restorer.others:
            click.echo(f"  rather than by {', '.join(restorer.others)}")
    if restorer.falls_short:
        click.echo(f"benchbench: {restorer.falls_short}", err=True)
    wish, done = files.Wish(asked["marked"], asked["whole"], asked["anyway"]), list[dict[str, Any]]()

    def one(photo: Path, name: str) -> None:
        done.append(files.restore_file(photo, restorer, wish, out / name))
        for note in done[-1]["notes"]:
            click.echo(f"benchbench: {photo}: {note}", err=True)
        if not as_json:
            click.echo(f"{done[-1]['restored']}\n{done[-1]['before_after']}")

    names = distinct_names(photos, files.restored_names(restorer), out)
    failed = _each([(photo, partial(one, photo, name)) for photo, name in zip(photos, names, strict=True)])
    if as_json:
        trial = restorer.result.record.trial
        chosen = {"model": str(restorer.model), "dataset": trial.dataset, "size": trial.size}
        more = {"result": str(restorer.result.folder), "others": restorer.others, "pictures": done, "failed": failed}
        options.print_json(chosen | more)
    sys.exit(bool(failed))


def _restorer(runs: Path, asked: dict[str, Any]) -> Restorer:
    """Load the best trained model of those asked for. Raises BenchbenchError."""
    from ..photos.choosing import Wanted, best_trained

    registry, model = options.load_registry(), asked["model"]
    model = model if model == "all" else str(registry.resolve("model", model))
    degradation, label = registry.resolve("degradation", asked["degradation"]), _label(registry, asked["dataset"])
    return best_trained(registry, runs, Wanted(degradation, model, label, asked["size"]))


def _each(tasks: Sequence[tuple[Path, Callable[[], None]]]) -> list[dict[str, str]]:
    """Do what is to be done with each photograph; report what fails, whatever it raises, and go on.

    Returns which photographs failed, and why.
    """
    failed = []
    for photo, do in tasks:
        try:
            do()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # what an extension in another language raises, too
            text = str(error) if isinstance(error, BenchbenchError) else one_line(error)
            failed.append({"photo": str(photo), "reason": text})
            click.echo(f"benchbench: {text if str(photo) in text else f'{photo}: {text}'}", err=True)
    return failed


def _label(registry: Registry, dataset: str | None) -> str | None:
    """Return a data set's label on boards, from its spec; what is no spec is taken for a label."""
    try:
        return dataset and registry.resolve("dataset", dataset).label
    except SpecError:
        return dataset
