"""Models that are fitted and not descended, and what results say of a model: its size, its notes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import toys
from jobs import Recorder
from torch import Tensor
from toys import Darken, portraits

from benchbench.contracts.seeding import generator
from benchbench.data import batches
from benchbench.data.batches import TrainingSet
from benchbench.files import load_tensors
from benchbench.results.record import Record
from benchbench.running import run
from benchbench.running.request import RunRequest


def ran(out: Path, model: str) -> tuple[Record, dict[str, Tensor]]:
    request = RunRequest(
        size=16, budget="1epochs", out=out, device="cpu", jobs=1, model=(model,), with_references=False
    )
    (result,) = run.run(toys.registry("fitted"), request, Recorder()).results
    (weights,) = out.rglob(f"{model}/*/model.safetensors")
    return result, load_tensors(weights)


def test_a_fitted_model_saw_the_training_images_and_its_weights_are_stored(tmp_path: Path, cache: Path) -> None:
    result, weights = ran(tmp_path, "mean-face")
    faces = portraits(cache)
    expected = faces.pixels[faces.indices("train")].float().mean(0) / 255
    torch.testing.assert_close(weights["mean"], expected, atol=1e-6, rtol=0)
    assert result.status == "scored"
    assert not result.model.trained


def test_what_is_scored_is_what_is_stored(tmp_path: Path, cache: Path) -> None:
    """A model that forgets what it learned once it was stored shows black images, and is scored for them."""
    result, weights = ran(tmp_path, "forgetful")
    assert not weights["mean"].any()
    faces = portraits(cache)
    black = (faces.pixels[faces.indices("test")].float() / 255).mean()
    assert result.scores["mean-error"].mean == pytest.approx(float(black), abs=1e-6)


def test_results_say_how_big_a_model_is_and_what_is_worth_noting(tmp_path: Path) -> None:
    result, _ = ran(tmp_path, "mean-face")
    assert result.model.parameters == 42
    assert result.model.notes == ["shows one face at 16 px"]


def test_fitting_comes_after_training(tmp_path: Path) -> None:
    result, weights = ran(tmp_path, "offset")
    assert result.training.steps > 0
    assert weights["bias"].tolist() == [7, 7, 7]
    assert (result.model.parameters, result.model.notes) == (3 * 3 * 9 + 3, [])


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_every_training_image_comes_once_in_order_unmirrored_and_degraded(cache: Path, batch: int) -> None:
    faces = portraits(cache)
    data = TrainingSet(faces, Darken(), torch.device("cpu"))
    batches = list(data.in_order(0, batch))
    clean, degraded = torch.cat([b.clean for b in batches]), torch.cat([b.degraded for b in batches])
    assert torch.equal(clean, faces.pixels[faces.indices("train")].float() / 255)
    factor = torch.cat([b.truth["factor"] for b in batches]).view(-1, 1, 1, 1)
    torch.testing.assert_close(degraded, clean * factor, atol=1 / 255, rtol=0)


def test_passes_of_one_seed_are_alike(cache: Path) -> None:
    data = TrainingSet(portraits(cache), Darken(), torch.device("cpu"))
    first, again, other = (next(data.in_order(seed)).degraded for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_images_that_a_device_cannot_hold_are_the_same_batches(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the next ones were announced rightly, wrongly or not at all."""
    faces, cpu = portraits(cache), torch.device("cpu")
    held = TrainingSet(faces, Darken(), cpu)
    monkeypatch.setattr(batches, "is_streamed", lambda *_: True)
    streamed = TrainingSet(faces, Darken(), cpu)
    assert streamed.statistics() == held.statistics()
    asked = [torch.tensor(rows) for rows in ([3, 1, 2], [0, 4, 5], [5, 5, 0], [1, 2, 3])]
    for indices, ahead in zip(asked, [asked[1], asked[0], None, asked[0]], strict=True):
        ours, theirs = (data.batch(indices, generator(0), True, ahead) for data in (streamed, held))
        assert torch.equal(ours.clean, theirs.clean)
        assert torch.equal(ours.degraded, theirs.degraded)


def test_what_was_announced_is_read_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "is_streamed", lambda *_: True)
    data = TrainingSet(portraits(cache), Darken(), torch.device("cpu"))
    reads, read = [], batches.Rows._read
    monkeypatch.setattr(batches.Rows, "_read", lambda self, rows: reads.append(rows.tolist()) or read(self, rows))
    order = torch.arange(12).split(4)
    for indices, ahead in zip(order, [*order[1:], None], strict=True):
        data.batch(indices, generator(0), False, ahead)
    assert reads == [rows.tolist() for rows in order]


@pytest.mark.parametrize(("free", "streamed"), [(10**9, False), (1000, True)])
def test_a_gpu_holds_what_takes_half_of_its_free_memory(
    free: int, streamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 10**10))
    images = torch.zeros(40, 3, 8, 8, dtype=torch.uint8)
    assert batches.is_streamed([images], torch.arange(20), torch.device("cuda")) == streamed
    assert not batches.is_streamed([images], torch.arange(20), torch.device("cpu"))


def test_rows_are_moved_as_they_are() -> None:
    images = torch.randint(0, 256, (100, 3, 4, 4), dtype=torch.uint8)
    rows = torch.randperm(100)[:70]
    assert torch.equal(batches.moved_rows(images, rows, torch.device("cpu")), images[rows])
