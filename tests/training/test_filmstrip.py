"""The strip of reconstructions during training: the right moments, the same images, the weights that were kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from toys import Darken, ToyFaces, portraits
from trainings import Dropping, anew, same, trainer, weights

from benchbench import Recipe
from benchbench.data.degraded import DegradedSet, degraded_set, psnr_of
from benchbench.devices import autocast
from benchbench.images import GAP, HEAD
from benchbench.training.filmstrip import IMAGES, LARGEST, MOMENTS, Frame, frame, is_due, write_strip


@pytest.mark.parametrize("total", [1, 2, 7, 64, 1000])
def test_each_moment_comes_once_however_the_steps_fall(total: int) -> None:
    due = [step for step in range(1, total + 1) if is_due((step - 1) / total, step / total)]
    expected = {next(s for s in range(1, total + 1) if s / total >= moment) for moment in MOMENTS}
    assert due == sorted(expected)


@dataclass(frozen=True)
class Long(Dropping):
    """Trained long enough for each moment to have a step of its own."""

    recipe: ClassVar[Recipe | None] = Recipe(epochs=20, batch=8)


def test_frames_begin_before_training_and_end_with_the_weights_that_were_kept(cache: Path) -> None:
    run = trainer(cache, Long(), "recipe")
    trained = run.run(anew(cache))
    steps = [f.step for f in trained.frames]
    assert steps[0] == 0
    assert len(steps) == len(MOMENTS) + 2
    assert steps[:-1] == sorted(steps[:-1])
    assert steps[-1] == trained.facts["best_step"]
    batch = run.validation.degraded[:IMAGES].float() / 255
    with torch.no_grad(), autocast(run.device):
        restored = trained.module(batch).float().clamp(0, 1)
    last = trained.frames[-1]
    assert (last.images.float() / 255 - restored).abs().max() < 1 / 255
    assert last.psnr == pytest.approx(psnr_of(restored, run.validation.clean[:IMAGES].float() / 255), abs=0.02)
    assert not same([trained.frames[0].images], [last.images])


def test_a_frame_leaves_the_module_as_it_was(cache: Path) -> None:
    run = trainer(cache, Dropping())
    for training in (True, False):
        run.module.train(training)
        before = [v.clone() for v in run.module.state_dict().values()]
        frame(run.model, run.module, run.validation, run.device, 0)
        assert run.module.training is training
        assert same(before, list(run.module.state_dict().values()))
    assert weights(run.module)


def test_the_picture_has_a_row_an_image_and_a_column_a_moment(cache: Path, tmp_path: Path) -> None:
    pairs = degraded_set(portraits(cache, ToyFaces(60)), "validation", Darken(), cache)
    images = [torch.full((IMAGES, 3, 16, 16), level, dtype=torch.uint8) for level in (10, 200)]
    frames = [Frame(step, 20.0, shown) for step, shown in enumerate(images)]
    write_strip(tmp_path / "strip.png", pairs, frames)
    with Image.open(tmp_path / "strip.png") as picture:
        pixels = np.asarray(picture)
    columns = [pairs.degraded[:IMAGES], *images, pairs.clean[:IMAGES]]
    assert pixels.shape == (HEAD + IMAGES * 100, GAP + 4 * 100, 3)
    for row in range(IMAGES):
        for column, shown in enumerate(columns):
            top, left = HEAD + row * 100, GAP + column * 100
            found = pixels[top : top + 96 : 6, left : left + 96 : 6]
            assert np.array_equal(found, shown[row].permute(1, 2, 0).numpy())


def test_large_images_are_reduced(tmp_path: Path) -> None:
    noise = torch.randint(0, 256, (2, 3, 4 * LARGEST, 4 * LARGEST), dtype=torch.uint8)
    write_strip(tmp_path / "strip.png", DegradedSet(["a", "b"], noise, noise, None, None, {}), [])
    with Image.open(tmp_path / "strip.png") as picture:
        pixels = np.asarray(picture)
    assert pixels.shape == (HEAD + 2 * (LARGEST + GAP), GAP + 2 * (LARGEST + GAP), 3)
    mean = noise[0].float().unflatten(1, (LARGEST, 4)).unflatten(3, (LARGEST, 4)).mean((2, 4)).permute(1, 2, 0).numpy()
    assert np.abs(pixels[HEAD : HEAD + LARGEST, GAP : GAP + LARGEST] - mean).max() <= 0.51
