"""The best model that the runs hold for one's own photographs, and honest errors where there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import toys
from jobs import go
from PIL import Image
from skimage import data

from benchbench import BenchbenchError
from benchbench.photos import choosing, files
from benchbench.results import history, store


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "someone.jpg"
    Image.fromarray(data.astronaut()[:90, 150:210]).save(path)
    return path


def test_the_best_trained_model_restores_any_aspect(tmp_path: Path, photograph: Path) -> None:
    runs = tmp_path / "runs"
    go(runs, model=("identity", "oracle", "tiny-conv"), budget="1epochs")
    better = go(runs, model=("tiny-conv",), budget="60epochs").results[0]
    restorer = choosing.best_trained(toys.registry(), runs, choosing.Wanted(toys.Darken()))
    assert str(restorer.model) == "tiny-conv"  # not the baseline, nor what sees the truth
    assert restorer.result.record.key == better.key
    written = files.restore_file(
        photograph, restorer, files.Wish(whole=True, anyway=True), tmp_path / "out" / "someone"
    )
    restored = files.read(Path(written["restored"]))
    assert restored.shape == (1, 3, 90, 60)
    assert float(restored.mean()) > 1.2 * float(files.read(photograph).mean())  # it learnt to brighten
    comparison = np.asarray(Image.open(written["before_after"]))
    assert comparison.shape == (24 + 4 + 4 * 90, 2 * (4 * 60 + 4), 3)  # a small one grows by a whole factor


def test_the_choice_is_by_validation_and_says_what_else_there_was(tmp_path: Path) -> None:
    go(tmp_path, model=("tiny-conv",), budget="2epochs", seed=(0, 1, 2))
    last = {folder.name: history.read(folder)[-1] for folder, _ in store.find(tmp_path)}
    psnr = {key: row["validation_psnr"] for key, row in last.items()}
    restorer = choosing.best_trained(toys.registry(), tmp_path, choosing.Wanted(toys.Darken()))
    first, *others = sorted(psnr.values(), reverse=True)
    assert psnr[restorer.result.record.key] == first
    assert restorer.score == f"{first:.2f} dB on the validation images of toy-faces, 16 px"
    assert restorer.others == tuple(f"tiny-conv {value:.2f} dB" for value in others)


@pytest.mark.parametrize(("budget", "short"), [("1epochs", True), ("60epochs", False)])
def test_a_model_worse_than_leaving_images_as_they_are_is_told_of(tmp_path: Path, budget: str, short: bool) -> None:
    go(tmp_path, model=("tiny-conv",), budget=budget)
    told = choosing.best_trained(toys.registry(), tmp_path, choosing.Wanted(toys.Darken())).falls_short
    assert bool(told) == short
    assert told.startswith("tiny-conv restores its validation images worse than leaving them as they are") == short


def test_models_of_different_images_are_not_compared(tmp_path: Path) -> None:
    for size in (16, 24):
        go(tmp_path, model=("tiny-conv",), budget="1epochs", size=size)
    with pytest.raises(BenchbenchError, match="choose: --dataset toy-faces --size 16; --dataset toy-faces --size 24"):
        choosing.best_trained(toys.registry(), tmp_path, choosing.Wanted(toys.Darken()))
    for size in (16, 24):
        wanted = choosing.Wanted(toys.Darken(), dataset="toy-faces", size=size)
        assert choosing.best_trained(toys.registry(), tmp_path, wanted).task.size == size
    with pytest.raises(BenchbenchError, match="--model all --dataset faces --size 16` makes one"):
        choosing.best_trained(toys.registry(), tmp_path, choosing.Wanted(toys.Darken(), dataset="faces", size=16))


def test_no_trained_model_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(BenchbenchError, match="`benchbench run --degrade darken --model tiny-conv` makes one"):
        choosing.best_trained(toys.registry(), tmp_path, choosing.Wanted(toys.Darken(), "tiny-conv"))


def test_a_model_that_is_not_known_here_gives_way_to_the_next(tmp_path: Path) -> None:
    go(tmp_path, model=("tiny-conv", "slow"), budget="1epochs")
    known = toys.registry("faulty")

    def best(without: set[str]) -> str:
        models = {name: model for name, model in known.of("model").items() if name not in without}
        registry = replace(known, brought=known.brought | {"model": models})
        return choosing.best_trained(registry, tmp_path, choosing.Wanted(toys.Darken())).model.name

    first = best(set())
    second = best({first})
    assert {first, second} == {"tiny-conv", "slow"}
    with pytest.raises(BenchbenchError, match=f"{first} or darken is not known here"):
        best({first, second})


def test_weights_that_fit_no_more_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go(tmp_path, model=("tiny-conv",), budget="1epochs")
    monkeypatch.setattr(toys.TinyConv, "build", lambda self, task: torch.nn.Linear(1, 1))
    with pytest.raises(BenchbenchError, match="does not fit tiny-conv any more: remove it, and run it again"):
        choosing.best_trained(toys.registry(), tmp_path, choosing.Wanted(toys.Darken()))


@pytest.mark.parametrize("changed", [toys.TinyConv, toys.Darken])
def test_what_was_trained_by_another_source_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: type
) -> None:
    go(tmp_path, model=("tiny-conv",), budget="1epochs")
    monkeypatch.setattr(changed, "version", lambda self: "another source")
    with pytest.raises(
        BenchbenchError, match="tiny-conv or darken is not known here, or has changed since: run it again"
    ):
        choosing.best_trained(toys.registry(), tmp_path, choosing.Wanted(toys.Darken()))
