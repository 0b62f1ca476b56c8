"""One's own photographs: degraded, or restored by the best model that the runs hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont, ImageOps
from torch import Tensor, nn
from torch.nn import functional as F

from .contracts.applying import apply_degradation, needs_masks, to_8bit
from .contracts.degradation import Degradation
from .contracts.model import Model, Task
from .contracts.seeding import SeededDraw
from .errors import BenchbenchError, DataError, SpecError
from .files import load_tensors, write_atomically
from .images import as_bytes, png
from .registry.registry import Registry
from .results import store
from .results.store import Result

CAPTION = 24  # px of height


@dataclass(frozen=True)
class Trained:
    """A trained model that the runs hold."""

    result: Result
    model: Model
    task: Task
    module: nn.Module
    score: str
    """How it did on its board, for people."""


def read(path: Path) -> Tensor:
    """A photograph, turned upright, as float32 `(1, 3, H, W)` in [0, 1]. Raises DataError."""
    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(_of_8_bits(image)).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{path} cannot be read as an image: {error}") from error
    pixels = torch.frombuffer(bytearray(upright.tobytes()), dtype=torch.uint8)
    return pixels.view(1, upright.height, upright.width, 3).permute(0, 3, 1, 2).float() / 255


def _of_8_bits(image: Image.Image) -> Image.Image:
    """Pillow clips 16-bit grey to white when it converts it; this scales it."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image).clip(0, 65535) / 257).round().astype(np.uint8))


def write(path: Path, image: Tensor) -> None:
    """Write float32 `(1, 3, H, W)` as PNG."""
    write_atomically(path, png(as_bytes(image)[0]))


def degrade(photo: Path, degradation: Degradation, folder: Path, seed: int = 0, size: int | None = None) -> Path:
    """Degrade a photograph; returns the file written to `folder`.

    At its own size, or first scaled so that its shorter side has `size` pixels, as training images have.
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


def best_trained(registry: Registry, out: Path, model: str, degradation: Degradation) -> Trained:
    """The best result under `out` of a model on a degradation, by the metric that ranks its board.

    `model` may be `all`: the best of any. Raises BenchbenchError if there is none, naming the command that makes one.
    """
    wanted = None if model == "all" else str(registry.resolve("model", model))
    candidates = []
    for _, found in store.find(out):
        if isinstance(found, Result) and _fits(found, wanted, str(degradation)):
            candidates.append((_rank(found), found))
    if not candidates:
        command = f"benchbench run --degrade {degradation} --model {wanted or 'all'}"
        raise BenchbenchError(f"no trained result for {degradation} under {out}: `{command}` makes one")
    result = max(candidates, key=lambda pair: (pair[0], pair[1].content["key"]))[1]
    return _load(registry, result, degradation)


def _fits(found: Result, wanted: str | None, degradation: str) -> bool:
    content = found.content
    if content["status"] != "scored" or content["trial"]["degradation"] != degradation:
        return False
    if not (found.folder / store.WEIGHTS).is_file():  # a light result, for boards only
        return False
    competes = content["model"]["role"] == "" and "truth" not in content["model"]["sees"]
    return competes and wanted in (None, content["trial"]["model"])


def _rank(result: Result) -> float:
    metric = store.first_metric(result.content)
    if metric is None:
        return float("-inf")
    mean = float(result.content["scores"][metric]["mean"])
    return mean if result.content["metrics"][metric]["higher_is_better"] else -mean


def _load(registry: Registry, result: Result, degradation: Degradation) -> Trained:
    trial, metric = result.content["trial"], store.first_metric(result.content)
    model = registry.resolve("model", trial["model"])
    known = result.content["task"]
    task = Task(trial["size"], degradation, 3, tuple(known["mean"]), tuple(known["std"]))
    module = model.build(task)
    try:
        module.load_state_dict(load_tensors(result.folder / store.WEIGHTS))
    except (RuntimeError, OSError) as error:
        raise BenchbenchError(f"{result.folder} was made by another version of {model}: run it again") from error
    facts = result.content["metrics"].get(metric or "", {"digits": 0, "unit": ""})
    score = f"{result.content['scores'][metric]['mean']:.{facts['digits']}f} {facts['unit']}".strip() if metric else "?"
    return Trained(result, model, task, module.eval(), f"{metric} {score} on {trial['dataset']}, {trial['size']} px")


@torch.no_grad()
def restore(photo: Tensor, trained: Trained) -> Tensor:
    """Restore `(1, 3, H, W)` of any size and aspect; returns the same shape.

    The photograph is scaled so that its shorter side has the size that the model was trained at, because what it
    learnt (a block's side, a blur's width) is in pixels of that size, and scaled back afterwards.
    """
    height, width = photo.shape[2:]
    small = _scaled(photo, trained.task.size)
    side = {"region": torch.ones_like(small[:, :1], dtype=torch.bool)} if "region" in trained.model.sees else {}
    try:
        restored = trained.module(small, **side)
    except RuntimeError:
        restored = None  # a model with a fixed bottleneck takes squares only
    if restored is None or restored.shape != small.shape:
        restored = _by_squares(small, trained, side)
    return F.interpolate(restored.clamp(0, 1), (height, width), mode="bicubic", antialias=True).clamp(0, 1)


def _scaled(photo: Tensor, size: int) -> Tensor:
    """The photograph with its shorter side at `size` pixels."""
    height, width = photo.shape[2:]
    scale = size / min(height, width)
    inside = (max(size, round(height * scale)), max(size, round(width * scale)))
    return F.interpolate(photo, inside, mode="bicubic", antialias=True).clamp(0, 1)


def _by_squares(image: Tensor, trained: Trained, side: dict[str, Tensor]) -> Tensor:
    """Restore overlapping squares of the trained size, and average them where they overlap."""
    size = trained.task.size
    total, count = torch.zeros_like(image), torch.zeros_like(image[:, :1])
    for top in _starts(image.shape[2], size):
        for left in _starts(image.shape[3], size):
            where = (..., slice(top, top + size), slice(left, left + size))
            total[where] += trained.module(image[where], **{name: value[where] for name, value in side.items()})
            count[where] += 1
    return total / count


def _starts(length: int, size: int) -> list[int]:
    """Where squares begin that cover a line: half a side apart, the last one flush with the end."""
    return sorted({*range(0, max(1, length - size + 1), max(1, size // 2)), length - size})


def beside(path: Path, pictures: Sequence[tuple[str, Tensor]]) -> None:
    """Write `(caption, image)` pairs side by side as one PNG, at the images' own size."""
    height, width = pictures[0][1].shape[2:]
    canvas = Image.new("RGB", (width * len(pictures), height + CAPTION), "white")
    draw = ImageDraw.Draw(canvas)
    for column, (caption, image) in enumerate(pictures):
        canvas.paste(Image.fromarray(as_bytes(image)[0]), (column * width, CAPTION))
        draw.text((column * width + 4, CAPTION / 2), caption, "black", ImageFont.load_default(13), anchor="lm")
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.save(path, "PNG")


def restore_file(photo: Path, trained: Trained, folder: Path) -> dict[str, Any]:
    """Restore one file; writes the restored picture and a before/after picture, and returns their paths."""
    before = read(photo)
    after = restore(before, trained)
    name = f"{photo.stem}-{store.slug(str(trained.model))}"
    restored, comparison = folder / f"{name}.png", folder / f"{name}-before-after.png"
    write(restored, after)
    beside(comparison, [("before", before), (f"after: {trained.model}", after)])
    return {"photo": str(photo), "restored": str(restored), "before_after": str(comparison)}
