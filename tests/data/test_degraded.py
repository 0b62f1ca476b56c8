"""Degraded sets: 8 bits, fixed by data and protocol alone, degraded once, and honest about broken degradations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import toys
from hypothesis import given
from hypothesis import strategies as st
from spoiling import CLEAN, spoil
from torch import Tensor

from benchbench import Degraded, Draw, TrialError
from benchbench.contracts.applying import to_8bit
from benchbench.contracts.seeding import SeededDraw
from benchbench.data.degraded import degraded_set, psnr_of
from benchbench.data.prepared import PreparedDataset

# ── 8 bits ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.floats(-2, 3, width=32), min_size=1))
def test_finished_images_are_the_nearest_8_bit_values(values: list[float]) -> None:
    images = torch.tensor(values)
    before = images.clone()
    finished = to_8bit(images)
    levels = finished * 255
    assert torch.equal(images, before)
    assert finished.dtype == torch.float32
    assert torch.allclose(levels, levels.round(), atol=1e-4)
    assert ((finished - images.clamp(0, 1)).abs() <= 0.5 / 255 + 1e-6).all()
    assert torch.equal(to_8bit(finished), finished)


# ── fixed sets ───────────────────────────────────────────────────────────────────────────────────────────────────────

DEGRADATIONS = ["darken", "grain", "grain+darken:region=face", "darken:region=box+grain:0.3"]


@pytest.fixture
def portraits(cache: Path) -> PreparedDataset:
    return toys.portraits(cache, toys.ToyFaces(80))


@pytest.mark.parametrize("spec", DEGRADATIONS)
def test_a_fixed_set_does_not_depend_on_how_many_are_degraded_at_once(
    spec: str, portraits: PreparedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    degradation = toys.registry().resolve("degradation", spec)
    sets = []
    for chunk in (1, 7, 64):
        monkeypatch.setattr("benchbench.data.degraded.CHUNK", chunk)
        sets.append(degraded_set(portraits, "test", degradation, tmp_path / str(chunk)))
    assert len(sets[0]) > 7
    for other in sets[1:]:
        assert torch.equal(other.degraded, sets[0].degraded)
        assert (other.region is None) == (sets[0].region is None)
        assert other.region is None or torch.equal(other.region, sets[0].region)
        assert other.truth.keys() == sets[0].truth.keys()
        assert all(torch.equal(other.truth[name], sets[0].truth[name]) for name in other.truth)


def test_a_fixed_set_is_the_split_degraded_by_the_draws_of_its_ids(portraits: PreparedDataset, cache: Path) -> None:
    found = degraded_set(portraits, "test", toys.Grain(), cache)
    indices = portraits.indices("test")
    clean = portraits.pixels[indices]
    noisy = toys.Grain().apply(clean / 255, SeededDraw(0, "degrade:grain", found.ids)).images
    assert found.ids == [portraits.ids[i] for i in indices]
    assert torch.equal(found.clean, clean)
    assert torch.equal(found.degraded, (noisy.clamp(0, 1) * 255).round().to(torch.uint8))
    assert found.face is not None
    assert portraits.masks is not None
    assert torch.equal(found.face, portraits.masks[indices])


def test_an_image_is_degraded_alike_in_a_larger_data_set(portraits: PreparedDataset, cache: Path) -> None:
    few = degraded_set(toys.portraits(cache, toys.ToyFaces(40)), "test", toys.Grain(), cache)
    many = degraded_set(portraits, "test", toys.Grain(), cache)
    assert set(few.ids) < set(many.ids)
    assert torch.equal(few.degraded, many.degraded[[many.ids.index(name) for name in few.ids]])


def test_the_digest_of_a_set_changes_with_what_a_score_depends_on(portraits: PreparedDataset, cache: Path) -> None:
    found = degraded_set(portraits, "test", toys.Grain(), cache)
    assert found.digest == degraded_set(portraits, "test", toys.Grain(), cache).digest
    other = found.clean.clone()
    other[-1, 0, 0, 0] ^= 1
    upper = torch.zeros_like(found.degraded[:, :1], dtype=torch.bool)
    upper[:, :, : upper.shape[2] // 2] = True
    changed = [
        replace(found, degraded=found.degraded // 2 + found.clean // 2),
        replace(found, degraded=found.degraded.roll(1, 0)),
        replace(found, degraded=found.degraded.flip(2)),
        replace(found, clean=other),
        replace(found, region=torch.ones_like(found.degraded[:, :1], dtype=torch.bool)),
        replace(found, region=upper),
        replace(found, region=upper.flip(2)),
        replace(found, ids=found.ids[::-1]),
    ]
    assert len({found.digest, *(pairs.digest for pairs in changed)}) == 9


def test_a_level_that_another_processor_rounds_otherwise_changes_no_digest(cache: Path) -> None:
    found = degraded_set(toys.portraits(cache, toys.ToyFaces(400)), "test", toys.Grain(), cache)
    for image, column in ((0, 0), (3, 5), (9, 2)):
        other = found.degraded.clone()
        other[image, 0, 0, column] ^= 1
        assert replace(found, degraded=other).digest == found.digest


def test_test_images_that_were_not_degraded_are_left_out(portraits: PreparedDataset, cache: Path) -> None:
    clean = portraits.pixels[portraits.indices("test")]
    levels = clean.float().mean((1, 2, 3)) / 255
    threshold = float(levels.median())

    def darken(clean: torch.Tensor, _: Draw) -> Degraded:
        return Degraded(torch.where(clean.mean((1, 2, 3), keepdim=True) > threshold + 1e-3, clean, clean / 2))

    found, validation = (degraded_set(portraits, split, spoil(darken), cache) for split in ("test", "validation"))
    kept = levels <= threshold + 1e-3
    assert 0 < len(found) < len(clean)
    assert torch.equal(found.clean, clean[kept])
    assert found.face is not None
    assert len(found.face) == len(found.ids) == len(found)
    assert len(validation) == len(portraits.indices("validation"))


def test_where_no_image_is_degraded_all_are_tested(portraits: PreparedDataset, cache: Path) -> None:
    found = degraded_set(portraits, "test", spoil(lambda clean, _: Degraded(clean)), cache)
    assert found.ids == [portraits.ids[i] for i in portraits.indices("test")]


def test_a_set_is_degraded_once(portraits: PreparedDataset, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def count(clean: Tensor, draw: Draw) -> Degraded:
        print(len(clean))  # nothing that a digest of it would cover
        return Degraded(1 - clean, clean[:, :1] > 0.5, {"number": torch.arange(float(len(clean)))})

    first, second = (degraded_set(portraits, "test", spoil(count), cache) for _ in range(2))
    assert capsys.readouterr().out.split() == [str(len(first))]
    assert torch.equal(first.degraded, 255 - first.clean)
    assert torch.equal(first.degraded, second.degraded)
    assert torch.equal(first.region, second.region)  # type: ignore[arg-type]
    assert torch.equal(first.truth["number"], second.truth["number"])
    degraded_set(portraits, "validation", spoil(count), cache)
    assert len(capsys.readouterr().out.split()) == 1


def test_the_clean_images_cannot_be_changed_by_a_degradation(portraits: PreparedDataset, cache: Path) -> None:
    before = portraits.pixels.clone()
    found = degraded_set(portraits, "test", spoil(lambda clean, _: Degraded(clean.zero_())), cache)
    assert torch.equal(portraits.pixels, before)
    assert found.clean.any()


def nan_in_one(clean: Tensor, draw: Draw) -> Degraded:
    images = clean.clone()
    images[1, 0, 0, 0] = torch.nan
    return Degraded(images)


BROKEN: dict[str, tuple[Callable[[Tensor, Draw], Degraded], str]] = {
    "a wrong shape": (lambda clean, _: Degraded(clean[..., 1:]), r"spoil turned .* 3, 16, 16\) into .* 3, 16, 15\)"),
    "an image too few": (lambda clean, _: Degraded(clean[1:]), "spoil turned"),
    "NaN": (nan_in_one, "spoil gave values that are not finite on sitter-"),
    "infinity": (lambda clean, _: Degraded(clean / 0), "not finite"),
    "double precision": (lambda clean, _: Degraded(clean.double()), "spoil gave torch.float64 images"),
    "bytes": (lambda clean, _: Degraded(clean.byte()), "spoil gave torch.uint8 images; they must be torch.float32"),
    "complex numbers": (lambda clean, _: Degraded(clean + 0j), "spoil gave torch.complex64 images"),
    "an array": (lambda clean, _: Degraded(clean.numpy()), "spoil gave ndarray images"),  # type: ignore[arg-type]
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_degradation_is_a_trial_error_and_leaves_nothing(
    case: str, portraits: PreparedDataset, cache: Path
) -> None:
    how, message = BROKEN[case]
    with pytest.raises(TrialError, match=message):
        degraded_set(portraits, "test", spoil(how), cache)
    assert list((cache / "degraded").glob("*")) == []


def test_the_nan_is_found_on_the_image_that_has_it(portraits: PreparedDataset, cache: Path) -> None:
    second = portraits.ids[portraits.indices("test")[1]]
    with pytest.raises(TrialError, match=second):
        degraded_set(portraits, "test", spoil(nan_in_one), cache)


def test_psnr_of_a_batch() -> None:
    assert psnr_of(torch.full((2, 3), 0.6), torch.full((2, 3), 0.5)) == pytest.approx(20, abs=1e-4)
    assert psnr_of(CLEAN, CLEAN) == float("inf")
