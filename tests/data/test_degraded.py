"""Degradations at work: chains, regions, 8 bits, and fixed sets that hang on nothing but data and protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import skimage.measure
import torch
import toys
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Range, TrialError
from benchbench.contracts.applying import Chain, apply_degradation, bounding_box, to_8bit
from benchbench.contracts.seeding import SeededDraw
from benchbench.data.degraded import degraded_set, psnr_of
from benchbench.data.prepared import PreparedDataset

IDS = [f"face-{i}" for i in range(5)]
CLEAN = SeededDraw(0, "clean", IDS).uniform(0, 1, (3, 9, 9))
FACE = SeededDraw(0, "face", IDS).uniform(0, 1, (1, 9, 9)) < 0.2


@dataclass(frozen=True)
class Spoil(Degradation):
    """Whatever a test wants it to do."""

    name = "spoil"
    how: ClassVar[Callable[[Tensor, Draw], Degraded]]

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return type(self).how(clean, draw)


@dataclass(frozen=True)
class Lift(Degradation):
    """Add 0.1, which does not commute with a multiplication."""

    name = "lift"

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return Degraded(clean + 0.1)

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        return degraded - 0.1


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Spoil]:
    """A function that says what the degradation does."""

    def with_how(how: Callable[[Tensor, Draw], Degraded], region: str = "image") -> Spoil:
        monkeypatch.setattr(Spoil, "how", staticmethod(how), raising=False)
        return Spoil(region=region)  # type: ignore[arg-type]

    return with_how


def draw() -> SeededDraw:
    return SeededDraw(0, "test", IDS)


# ── chains ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_chain_is_its_parts_one_after_another() -> None:
    first, second = toys.Grain(0.3), toys.Darken(Range(0.2, 0.9))
    numbers = draw()
    expected = second.apply(first.apply(CLEAN, numbers).images.clamp(0, 1), numbers)
    found = apply_degradation(Chain((first, second)), CLEAN, draw())
    assert torch.equal(found.images, expected.images)
    assert torch.equal(found.truth["1.factor"], expected.truth["factor"])


def test_the_inverse_of_a_chain_undoes_the_last_part_first() -> None:
    chain = Chain((toys.Darken(Range(0.5, 0.9)), Lift(), toys.Darken(Range(0.2, 0.5))))
    found = apply_degradation(chain, CLEAN, draw())
    assert torch.allclose(chain.invert(found.images, found.truth), CLEAN, atol=1e-6)
    assert not torch.equal(found.truth["0.factor"], found.truth["2.factor"])


def test_a_chain_has_an_oracle_if_all_of_its_parts_have_one() -> None:
    darken, grain = toys.Darken(), toys.Grain()
    assert Chain((darken, darken)).has_oracle
    assert not Chain((darken, grain)).has_oracle
    assert not Chain((darken, toys.Darken(region="face"))).has_oracle


def test_a_chain_is_named_after_its_parts() -> None:
    chain = Chain((toys.Darken(Range(1, 1)), toys.Grain()))
    assert (chain.name, str(chain)) == ("darken+grain", "darken:factor=1+grain")
    assert toys.registry().resolve("degradation", str(chain)) == chain


def test_regions_of_a_chain_are_united_unless_a_part_acts_everywhere(spoil: Callable[..., Spoil]) -> None:
    left = torch.zeros(5, 1, 9, 9, dtype=torch.bool)
    left[..., :4] = True
    in_left = spoil(lambda clean, _: Degraded(clean * ~left, left))
    everywhere, in_face = toys.Darken(), toys.Darken(region="face")
    found = apply_degradation(Chain((in_left, in_face)), CLEAN, draw(), FACE).region
    assert found is not None
    assert torch.equal(found, left | FACE)
    assert apply_degradation(Chain((in_left, everywhere)), CLEAN, draw(), FACE).region is None


# ── regions ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("region", ["face", "box"])
@pytest.mark.parametrize("degradation", [toys.Darken, toys.Grain])
def test_pixels_outside_the_region_are_untouched_bit_for_bit(degradation: type[Degradation], region: str) -> None:
    where = FACE if region == "face" else bounding_box(FACE)
    found = apply_degradation(degradation(region=region), CLEAN, draw(), FACE)  # type: ignore[arg-type]
    whole = apply_degradation(degradation(), CLEAN, draw())
    assert found.region is not None
    assert torch.equal(found.region, where)
    assert torch.equal(found.images, torch.where(where, whole.images, CLEAN))


def test_a_region_within_the_face_is_where_both_are(spoil: Callable[..., Spoil]) -> None:
    top = torch.zeros(5, 1, 9, 9, dtype=torch.bool)
    top[..., :4, :] = True
    found = apply_degradation(spoil(lambda clean, _: Degraded(clean * ~top, top), "face"), CLEAN, draw(), FACE)
    assert found.region is not None
    assert torch.equal(found.region, top & FACE)


def test_a_degradation_of_the_face_needs_masks() -> None:
    with pytest.raises(TrialError, match="darken:region=face: region=face needs face masks"):
        apply_degradation(toys.Darken(region="face"), CLEAN, draw())


@given(arrays.arrays(bool, st.tuples(st.just(1), st.integers(1, 8), st.integers(1, 8))))
def test_bounding_box_is_that_of_scikit_image(mask: np.ndarray) -> None:
    expected = np.zeros_like(mask)
    for properties in skimage.measure.regionprops(mask[0].astype(np.uint8)):  # none for an empty mask
        top, left, bottom, right = properties.bbox
        expected[0, top:bottom, left:right] = True
    assert np.array_equal(bounding_box(torch.from_numpy(mask[None])).numpy()[0], expected)


def test_each_mask_of_a_batch_has_its_own_box() -> None:
    assert torch.equal(bounding_box(FACE), torch.cat([bounding_box(face[None]) for face in FACE]))


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


def test_the_digest_of_a_set_changes_with_any_pixel_that_a_score_may_depend_on(
    portraits: PreparedDataset, cache: Path
) -> None:
    found = degraded_set(portraits, "test", toys.Grain(), cache)
    assert found.digest == degraded_set(portraits, "test", toys.Grain(), cache).digest
    other = found.degraded.clone()
    other[-1, 0, 0, 0] ^= 1
    changed = [
        replace(found, degraded=other),
        replace(found, clean=other),
        replace(found, region=torch.ones_like(found.degraded[:, :1], dtype=torch.bool)),
        replace(found, ids=found.ids[::-1]),
    ]
    assert len({found.digest, *(pairs.digest for pairs in changed)}) == 5


def test_a_set_is_degraded_once(portraits: PreparedDataset, cache: Path, spoil: Callable[..., Spoil]) -> None:
    calls: list[int] = []

    def count(clean: Tensor, draw: Draw) -> Degraded:
        calls.append(len(clean))
        return Degraded(1 - clean, clean[:, :1] > 0.5, {"number": torch.arange(float(len(clean)))})

    first, second = (degraded_set(portraits, "test", spoil(count), cache) for _ in range(2))
    assert calls == [len(first)]
    assert torch.equal(first.degraded, 255 - first.clean)
    assert torch.equal(first.degraded, second.degraded)
    assert torch.equal(first.region, second.region)  # type: ignore[arg-type]
    assert torch.equal(first.truth["number"], second.truth["number"])
    degraded_set(portraits, "validation", spoil(count), cache)
    assert len(calls) == 2


def test_the_clean_images_cannot_be_changed_by_a_degradation(
    portraits: PreparedDataset, cache: Path, spoil: Callable[..., Spoil]
) -> None:
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
    "bytes": (lambda clean, _: Degraded(clean.byte()), "spoil gave torch.uint8 images"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_degradation_is_a_trial_error_and_leaves_nothing(
    case: str, portraits: PreparedDataset, cache: Path, spoil: Callable[..., Spoil]
) -> None:
    how, message = BROKEN[case]
    with pytest.raises(TrialError, match=message):
        degraded_set(portraits, "test", spoil(how), cache)
    assert list((cache / "degraded").glob("*")) == []


def test_the_nan_is_found_on_the_image_that_has_it(
    portraits: PreparedDataset, cache: Path, spoil: Callable[..., Spoil]
) -> None:
    second = portraits.ids[portraits.indices("test")[1]]
    with pytest.raises(TrialError, match=second):
        degraded_set(portraits, "test", spoil(nan_in_one), cache)


def test_psnr_of_a_batch() -> None:
    assert psnr_of(torch.full((2, 3), 0.6), torch.full((2, 3), 0.5)) == pytest.approx(20, abs=1e-4)
    assert psnr_of(CLEAN, CLEAN) == float("inf")
