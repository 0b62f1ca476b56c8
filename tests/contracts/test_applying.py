"""Chains and regions: which parts act, where, and how they are undone."""

from __future__ import annotations

from collections.abc import Mapping
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

from benchbench import Degradation, Degraded, Draw, Range, TrialError
from benchbench.contracts.applying import Chain, apply_degradation, bounding_box


@dataclass(frozen=True)
class Lift(Degradation):
    """Add 0.1, which does not commute with a multiplication."""

    name = "lift"

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return Degraded(clean + 0.1)

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        return degraded - 0.1


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
