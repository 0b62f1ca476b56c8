"""One's own photographs: any size and aspect, the best model that the runs hold, and honest errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import toys
from jobs import go
from PIL import Image
from skimage import data

from benchbench import BenchbenchError, DataError, SpecError, photos
from benchbench.results import history, store


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "someone.jpg"
    Image.fromarray(data.astronaut()[:90, 150:210]).save(path)
    return path


def test_a_photograph_is_turned_upright(tmp_path: Path, photograph: Path) -> None:
    image = Image.open(photograph)
    exif = image.getexif()
    exif[0x0112] = 6  # a quarter turn
    image.save(tmp_path / "turned.jpg", exif=exif)
    assert photos.read(photograph).shape == (1, 3, 90, 60)
    assert photos.read(tmp_path / "turned.jpg").shape == (1, 3, 60, 90)


def test_16_bits_are_scaled_not_clipped(tmp_path: Path, photograph: Path) -> None:
    grey = np.asarray(Image.open(photograph).convert("L"))
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    assert torch.equal(photos.read(tmp_path / "deep.png")[0, 0], torch.from_numpy(grey.astype(np.float32)) / 255)


def test_photographs_are_read_by_the_rules_of_data_sets(tmp_path: Path, photograph: Path) -> None:
    Image.new("RGBA", (32, 32), (0, 0, 0, 0)).save(tmp_path / "transparent.png")
    assert (photos.read(tmp_path / "transparent.png") == 1).all()
    Image.new("F", (32, 32), 0.5).save(tmp_path / "float.tif")
    image = Image.open(photograph)
    image.save(tmp_path / "animated.gif", save_all=True, append_images=[image.rotate(90)])
    for name, reason in {"float.tif": "floating-point", "animated.gif": "more than one frame"}.items():
        with pytest.raises(DataError, match=rf"{name} cannot be read as an image: .*{reason}"):
            photos.read(tmp_path / name)


def test_what_is_no_image_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"x\.jpg cannot be read"):
        photos.read(tmp_path / "x.jpg")


def test_degrading_keeps_size_and_aspect(tmp_path: Path, photograph: Path) -> None:
    path = photos.degrade(photograph, toys.Darken(0.5), tmp_path / "out")  # type: ignore[arg-type]
    before, after = photos.read(photograph), photos.read(path)
    assert after.shape == before.shape
    assert torch.allclose(after, before * 0.5, atol=0.51 / 255)


def test_a_degradation_of_the_face_needs_a_mask(tmp_path: Path, photograph: Path) -> None:
    with pytest.raises(SpecError, match="needs a face mask"):
        photos.degrade(photograph, toys.Darken(0.5, region="face"), tmp_path)  # type: ignore[arg-type]


def test_the_best_trained_model_restores_any_aspect(tmp_path: Path, photograph: Path) -> None:
    runs = tmp_path / "runs"
    go(runs, model=("identity", "oracle", "tiny-conv"), budget="1epochs")
    better = go(runs, model=("tiny-conv",), budget="60epochs").results[0]
    restorer = photos.best_trained(toys.registry(), runs, photos.Wanted(toys.Darken()))
    assert str(restorer.model) == "tiny-conv"  # not the baseline, nor what sees the truth
    assert restorer.result.record.key == better.key
    written = photos.restore_file(photograph, restorer, tmp_path / "out")
    restored = photos.read(Path(written["restored"]))
    assert restored.shape == (1, 3, 90, 60)
    assert float(restored.mean()) > 1.2 * float(photos.read(photograph).mean())  # it learnt to brighten
    comparison = np.asarray(Image.open(written["before_after"]))
    assert comparison.shape == (90 + photos.CAPTION, 120, 3)


def test_the_choice_is_by_validation_and_says_what_else_there_was(tmp_path: Path) -> None:
    go(tmp_path, model=("tiny-conv",), budget="2epochs", seed=(0, 1, 2))
    last = {folder.name: history.read(folder)[-1] for folder, _ in store.find(tmp_path)}
    psnr = {key: row["validation_psnr"] for key, row in last.items()}
    restorer = photos.best_trained(toys.registry(), tmp_path, photos.Wanted(toys.Darken()))
    first, *others = sorted(psnr.values(), reverse=True)
    assert psnr[restorer.result.record.key] == first
    assert restorer.score == f"{first:.2f} dB on the validation images of toy-faces, 16 px"
    assert restorer.others == tuple(f"tiny-conv {value:.2f} dB" for value in others)


def test_models_of_different_images_are_not_compared(tmp_path: Path) -> None:
    for size in (16, 24):
        go(tmp_path, model=("tiny-conv",), budget="1epochs", size=size)
    with pytest.raises(BenchbenchError, match="choose: --dataset toy-faces --size 16; --dataset toy-faces --size 24"):
        photos.best_trained(toys.registry(), tmp_path, photos.Wanted(toys.Darken()))
    for size in (16, 24):
        wanted = photos.Wanted(toys.Darken(), dataset="toy-faces", size=size)
        assert photos.best_trained(toys.registry(), tmp_path, wanted).task.size == size
    with pytest.raises(BenchbenchError, match="--model all --dataset faces --size 16` makes one"):
        photos.best_trained(toys.registry(), tmp_path, photos.Wanted(toys.Darken(), dataset="faces", size=16))


class SquaresOnly(torch.nn.Module):
    def forward(self, degraded: torch.Tensor) -> torch.Tensor:
        if degraded.shape[2:] != (16, 16):
            raise RuntimeError("squares of 16 px only")
        return degraded * 1.0


@pytest.mark.parametrize("shape", [(16, 16), (16, 40), (53, 16)])
def test_a_model_of_squares_is_led_over_the_whole_image(shape: tuple[int, int]) -> None:
    image = torch.rand((1, 3, *shape), generator=torch.Generator().manual_seed(0))
    task = photos.Task(16, toys.Darken())
    restorer = photos.Restorer(None, toys.TinyConv(), task, SquaresOnly(), "")  # type: ignore[arg-type]
    assert torch.allclose(photos.restore(image, restorer), image, atol=1e-5)


def test_no_trained_model_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(BenchbenchError, match="`benchbench run --degrade darken --model tiny-conv` makes one"):
        photos.best_trained(toys.registry(), tmp_path, photos.Wanted(toys.Darken(), "tiny-conv"))


def test_a_photograph_is_degraded_at_the_size_asked_for(tmp_path: Path) -> None:
    photos.write(tmp_path / "tall.png", torch.rand(1, 3, 60, 40))
    path = photos.degrade(tmp_path / "tall.png", toys.Darken(0.5), tmp_path / "to", size=20)  # type: ignore[arg-type]
    with Image.open(path) as picture:
        assert picture.size == (20, 30)


def test_weights_that_fit_no_more_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go(tmp_path, model=("tiny-conv",), budget="1epochs")
    monkeypatch.setattr(toys.TinyConv, "build", lambda self, task: torch.nn.Linear(1, 1))
    with pytest.raises(BenchbenchError, match="does not fit tiny-conv any more: remove it, and run it again"):
        photos.best_trained(toys.registry(), tmp_path, photos.Wanted(toys.Darken()))


@pytest.mark.parametrize("changed", [toys.TinyConv, toys.Darken])
def test_what_was_trained_by_another_source_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: type
) -> None:
    go(tmp_path, model=("tiny-conv",), budget="1epochs")
    monkeypatch.setattr(changed, "version", lambda self: "another source")
    with pytest.raises(BenchbenchError, match="another version of tiny-conv or darken: run it again"):
        photos.best_trained(toys.registry(), tmp_path, photos.Wanted(toys.Darken()))
