"""Chains and regions: which parts act, where, and how they are undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pytest
import skimage.measure
import torch
import toys
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from spoiling import CLEAN, FACE, draw, spoil
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Range, Shuffled, Sometimes, SpecError, TrialError
from benchbench.contracts.applying import Chain, apply_degradation, bounding_box
from benchbench.contracts.digests import component_digest, full_spec
from benchbench.contracts.seeding import FreshDraw, SeededDraw


@dataclass(frozen=True)
class Lift(Degradation):
    """Add 0.1, which does not commute with a multiplication."""

    name = "lift"

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return Degraded(clean + 0.1)

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        return degraded - 0.1


@pytest.mark.parametrize("cast", [Tensor.byte, Tensor.double, lambda images: images + 0j])
def test_a_part_of_a_chain_that_changes_the_type_is_named(cast: Callable[[Tensor], Tensor]) -> None:
    chain = Chain((spoil(lambda clean, _: Degraded(cast(clean))), toys.Darken()))
    with pytest.raises(TrialError, match=r"spoil gave torch\..* images; they must be torch.float32"):
        apply_degradation(chain, CLEAN, draw())


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


def test_regions_of_a_chain_are_united_unless_a_part_acts_everywhere() -> None:
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


def test_a_region_within_the_face_is_where_both_are() -> None:
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


# ── chance ───────────────────────────────────────────────────────────────────────────────────────────────────────────

MANY = [f"face-{i}" for i in range(400)]


def many(spec: str, rows: slice = slice(None)) -> Degraded:
    """What a spec of toys makes of 400 grey images; of some of them, where `rows` says which."""
    degradation = toys.registry().resolve("degradation", spec)
    ids = MANY[rows]
    return apply_degradation(degradation, torch.full((len(ids), 3, 4, 4), 0.5), SeededDraw(0, "test", ids))


def test_a_degradation_with_a_probability_strikes_so_many_images() -> None:
    found = many("30%darken:factor=0.5")
    values = found.images.flatten(1)
    assert torch.equal(values == 0.25, found.truth["struck"][:, None].expand_as(values))
    assert torch.equal(values == 0.5, ~found.truth["struck"][:, None].expand_as(values))
    assert found.truth["struck"].float().mean() == pytest.approx(0.3, abs=0.07)


def test_shuffled_degradations_come_in_every_order() -> None:
    registry = toys.registry()
    shuffled = Shuffled((Lift(), registry.resolve("degradation", "darken:factor=0.5")))
    images = torch.full((400, 3, 4, 4), 0.5)
    found = apply_degradation(shuffled, images, SeededDraw(0, "test", MANY))
    lift_first = found.truth["order"][:, 0] == 0
    expected = torch.where(lift_first, 0.6 * 0.5, 0.5 * 0.5 + 0.1)
    torch.testing.assert_close(found.images[:, 0, 0, 0], expected)
    assert lift_first.float().mean() == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("spec", ["50%grain", "grain~darken", "darken~40%grain+20%darken:factor=0.1"])
def test_chance_belongs_to_the_image_not_to_its_batch(spec: str) -> None:
    whole = many(spec)
    for rows in (slice(0, 1), slice(3, 50), slice(None, None, 7)):
        part = many(spec, rows)
        assert torch.equal(part.images, whole.images[rows])
        assert all(torch.equal(part.truth[name], value[rows]) for name, value in whole.truth.items())


def test_fresh_draws_have_chance_too() -> None:
    degradation = toys.registry().resolve("degradation", "30%darken:factor=0.5~grain")
    source = torch.Generator().manual_seed(0)
    found = [apply_degradation(degradation, CLEAN, FreshDraw(5, source)).images for _ in range(2)]
    assert not torch.equal(*found)


@pytest.mark.parametrize(
    "spec", ["30%grain", "grain~darken", "darken+12.5%grain:sigma=0.2~darken:factor=0.5+grain", "grain+50%darken"]
)
def test_a_chain_with_chance_is_written_as_it_is_read(spec: str) -> None:
    registry = toys.registry()
    chain = registry.resolve("degradation", spec)
    assert str(chain) == spec
    assert registry.resolve("degradation", full_spec(chain)) == chain
    assert full_spec(chain).count("region=image") == len(spec.replace("~", "+").split("+"))


def test_specs_of_chance_have_digests_of_their_own() -> None:
    registry = toys.registry()
    specs = ["grain+darken", "grain~darken", "darken~grain", "50%grain+darken", "40%grain+darken"]
    assert len({component_digest(registry.resolve("degradation", spec)) for spec in specs}) == len(specs)


def test_certainty_is_no_chance_and_more_is_refused() -> None:
    registry = toys.registry()
    assert registry.resolve("degradation", "100%grain") == registry.resolve("degradation", "grain")
    with pytest.raises(SpecError, match="at most 100%"):
        registry.resolve("degradation", "101%grain")


def test_chance_has_no_oracle() -> None:
    assert not Shuffled((toys.Darken(), toys.Darken())).has_oracle
    assert not Sometimes((toys.Darken(),), probability=0.5).has_oracle


def test_parts_that_chance_picks_are_confined_to_the_face() -> None:
    half = Range(0.5, 0.5)
    chain = Shuffled((toys.Darken(half, region="face"), Sometimes((toys.Darken(half),), probability=0.0)))
    found = apply_degradation(chain, CLEAN, draw(), FACE).images
    assert torch.equal(found, torch.where(FACE, CLEAN / 2, CLEAN))
