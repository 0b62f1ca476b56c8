"""One's own photographs: degraded, or restored by the best model that the runs hold."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor, nn
from torch.nn import functional as F

from .contracts.applying import apply_degradation, needs_masks, to_8bit
from .contracts.degradation import Degradation
from .contracts.digests import component_digest
from .contracts.model import Model, Task
from .contracts.seeding import SeededDraw
from .data.reading import read_image
from .errors import BenchbenchError, DataError, SpecError
from .evaluation.trained import load_module
from .files import write_atomically
from .images import as_bytes, png
from .registry.registry import Registry
from .results import store
from .results.store import Result

CAPTION = 24  # px of height
UNTRAINED = "without a validation score, as it is not trained"


@dataclass(frozen=True)
class Restorer:
    """A trained model that the runs hold, loaded."""

    result: Result
    model: Model
    task: Task
    module: nn.Module
    score: str
    """How it did on which validation images, in words."""
    others: tuple[str, ...] = ()
    """The other candidates with their scores, best first."""


@dataclass(frozen=True)
class Wanted:
    """What a model is chosen by."""

    degradation: Degradation
    model: str = "all"
    """Its spec; `all` takes the best of any."""
    dataset: str | None = None
    """The data set's label on boards; any if None."""
    size: int | None = None
    """Pixels; any if None."""


def read(path: Path) -> Tensor:
    """Read a photograph as data sets do; returns float32 `(1, 3, H, W)` in [0, 1]. Raises DataError."""
    try:
        with warnings.catch_warnings():  # Pillow warns of odd files; what matters about them is a DataError
            warnings.simplefilter("ignore")
            pixels = np.array(read_image(path))
    except DataError as error:
        raise DataError(f"{path} cannot be read as an image: {error}") from error
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def write(path: Path, image: Tensor) -> None:
    """Write float32 `(1, 3, H, W)` as PNG."""
    write_atomically(path, png(as_bytes(image)[0]))


def degrade(photo: Path, degradation: Degradation, folder: Path, seed: int = 0, size: int | None = None) -> Path:
    """Degrade a photograph, and return the file written to `folder`.

    It keeps its size, or is first scaled so that its shorter side has `size` pixels, as training images have. Raises
    SpecError for a degradation that is confined to the face.
    """
    if needs_masks(degradation):
        raise SpecError(f"{degradation} needs a face mask, and a photograph has none: leave region= out")
    clean = read(photo)
    if size is not None:
        clean = _scaled(clean, size)
    degraded = to_8bit(apply_degradation(degradation, clean, SeededDraw(seed, "photo", [photo.name])).images)
    path = folder / f"{photo.stem}-{store.slug(str(degradation))}.png"
    write(path, degraded)
    return path


def best_trained(registry: Registry, out: Path, wanted: Wanted) -> Restorer:
    """Load the result under `out` that validated best on the images it was trained on.

    Scores on different images cannot be compared, so all candidates have one data set and one size. What is not trained
    has no validation score, and is taken only where nothing trained can be had. Raises
    BenchbenchError where there are several and none is named, or no result, naming the command that makes one.
    """
    results = [r for _, r in store.find(out) if isinstance(r, Result) and _fits(r, wanted)]
    groups = sorted({(r.record.trial.dataset, r.record.trial.size) for r in results})
    if len(groups) > 1:
        known = "; ".join(f"--dataset {dataset} --size {size}" for dataset, size in groups)
        raise BenchbenchError(f"models for {wanted.degradation} were trained on different images, choose: {known}")
    ordered = sorted(results, key=lambda r: (_validation_psnr(r), r.record.key), reverse=True)
    for result in ordered:
        if restorer := _load(registry, result, wanted.degradation):
            others = tuple(f"{r.record.trial.model} {_validated(r)}" for r in ordered if r is not result)
            return replace(restorer, others=others)
    command = f"benchbench run --degrade {wanted.degradation} --model {wanted.model}"
    command += f" --dataset {wanted.dataset}" * bool(wanted.dataset) + f" --size {wanted.size}" * bool(wanted.size)
    if results:
        label, folder = results[0].record.trial.model, results[0].folder
        raise BenchbenchError(
            f"{folder} was made by another version of {label} or {wanted.degradation}: run it again: `{command}`"
        )
    raise BenchbenchError(f"no trained result for {wanted.degradation} under {out}: `{command}` makes one")


def _fits(result: Result, wanted: Wanted) -> bool:
    record, trial = result.record, result.record.trial
    return (
        record.status == "scored"
        and trial.degradation == str(wanted.degradation)
        and wanted.model in ("all", trial.model)
        and wanted.dataset in (None, trial.dataset)
        and wanted.size in (None, trial.size)
        and not record.model.role
        and "truth" not in record.model.sees
        and (result.folder / store.WEIGHTS).is_file()  # a light result, for boards only, has none
    )


def _validation_psnr(result: Result) -> float:
    """The PSNR in dB on the validation images of the weights that are stored; -inf where none was computed."""
    rungs = result.record.rungs
    return rungs[-1].validation_psnr if rungs else -math.inf


def _validated(result: Result) -> str:
    psnr = _validation_psnr(result)
    return UNTRAINED if psnr == -math.inf else f"{psnr:.2f} dB"


def _load(registry: Registry, result: Result, degradation: Degradation) -> Restorer | None:
    """Load a result's model; None where a run would train anew, because a component's source has changed since."""
    record, trial = result.record, result.record.trial
    model = registry.resolve("model", trial.model)
    made_by = trial.model_digest, trial.degradation_digest
    if made_by != (component_digest(model), component_digest(degradation)):
        return None
    task = Task(trial.size, degradation, 3, tuple(record.task.mean), tuple(record.task.std))
    try:
        module = load_module(model, task, trial.seed, result.folder)
    except RuntimeError as error:  # a library that it builds on has changed
        raise BenchbenchError(f"{result.folder} does not fit {model} any more: remove it, and run it again") from error
    images = f"on the validation images of {trial.dataset}, {trial.size} px"
    score = f"{_validated(result)} {images}" if model.recipe else UNTRAINED
    return Restorer(result, model, task, module, score)


@torch.no_grad()
def restore(photo: Tensor, restorer: Restorer) -> Tensor:
    """Restore `(1, 3, H, W)` of any size and aspect; returns the same shape.

    The photograph is scaled so that its shorter side has the size that the model was trained at, because what it
    learnt (a block's side, a blur's width) is in pixels of that size, and scaled back afterwards.
    """
    small = _scaled(photo, restorer.task.size)
    side = {"region": torch.ones_like(small[:, :1], dtype=torch.bool)} if "region" in restorer.model.sees else {}
    try:
        restored = restorer.module(small, **side)
    except RuntimeError:
        restored = None  # a model with a fixed bottleneck takes squares only
    if restored is None or restored.shape != small.shape:
        restored = _by_squares(small, restorer, side)
    return F.interpolate(restored.clamp(0, 1), photo.shape[2:], mode="bicubic", antialias=True).clamp(0, 1)


def _scaled(photo: Tensor, size: int) -> Tensor:
    """Scale a photograph so that its shorter side has `size` pixels."""
    height, width = photo.shape[2:]
    scale = size / min(height, width)
    inside = (max(size, round(height * scale)), max(size, round(width * scale)))
    return F.interpolate(photo, inside, mode="bicubic", antialias=True).clamp(0, 1)


def _by_squares(image: Tensor, restorer: Restorer, side: dict[str, Tensor]) -> Tensor:
    """Restore overlapping squares of the trained size, and average them where they overlap."""
    size = restorer.task.size
    total, count = torch.zeros_like(image), torch.zeros_like(image[:, :1])
    for top in _starts(image.shape[2], size):
        for left in _starts(image.shape[3], size):
            where = (..., slice(top, top + size), slice(left, left + size))
            total[where] += restorer.module(image[where], **{name: value[where] for name, value in side.items()})
            count[where] += 1
    return total / count


def _starts(length: int, size: int) -> list[int]:
    """List where squares begin that cover a line: half a side apart, the last one flush with the end."""
    return sorted({*range(0, max(1, length - size + 1), max(1, size // 2)), length - size})


def restore_file(photo: Path, restorer: Restorer, folder: Path) -> dict[str, Any]:
    """Restore one file: write the restored picture, and one beside it before and after; return their paths."""
    before = read(photo)
    after = restore(before, restorer)
    name = f"{photo.stem}-{store.slug(str(restorer.model))}"
    restored, comparison = folder / f"{name}.png", folder / f"{name}-before-after.png"
    write(restored, after)
    height, width = before.shape[2:]
    canvas = Image.new("RGB", (2 * width, height + CAPTION), "white")
    draw = ImageDraw.Draw(canvas)
    for left, caption, image in ((0, "before", before), (width, f"after: {restorer.model}", after)):
        canvas.paste(Image.fromarray(as_bytes(image)[0]), (left, CAPTION))
        draw.text((left + 4, CAPTION / 2), caption, "black", ImageFont.load_default(13), anchor="lm")
    canvas.save(comparison, "PNG")
    return {"photo": str(photo), "restored": str(restored), "before_after": str(comparison)}
