"""What a component can do is known from what its class defines, and from where it acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import toys
from torch import Tensor

from benchbench import Degradation


@dataclass(frozen=True)
class Moving(toys.Darken):
    """Moves pixels, too."""

    def flow(self, truth: Any, height: int, width: int) -> Tensor:
        return truth["flow"]


@dataclass(frozen=True)
class Inheriting(Moving):
    """Defines nothing of its own."""


@dataclass(frozen=True)
class Estimating(toys.TinyConv):
    """Estimates displacements."""

    def flow(self, module: Any, degraded: Tensor, **side: Any) -> Tensor:
        return degraded[:, :2]


@dataclass(frozen=True)
class Declining(Moving):
    """Says that its inverse and its flow are of no use."""

    invertible: ClassVar[bool] = False
    moves_pixels: ClassVar[bool] = False


@pytest.mark.parametrize(("component", "invertible", "moves"), [
    (Declining, False, False), (Degradation, False, False), (toys.Darken, True, False), (Moving, True, True), (Inheriting, True, True),
])  # fmt: skip
def test_a_degradation_says_what_it_defines(component: type[Degradation], invertible: bool, moves: bool) -> None:
    assert (component.invertible, component.moves_pixels) == (invertible, moves)


@pytest.mark.parametrize(("region", "whole"), [("image", True), ("face", False), ("box", False)])
def test_neither_inverse_nor_flow_applies_where_a_region_was_cut_out(region: Any, whole: bool) -> None:
    degradation = Moving(region=region)
    assert (degradation.has_oracle, degradation.has_flow) == (whole, whole)


def test_the_flow_of_a_model_is_known_if_it_is_a_reference_or_estimates_one() -> None:
    known = {type(m).__name__: m.has_flow for m in (toys.Identity(), toys.Oracle(), toys.TinyConv(), Estimating())}
    assert known == {"Identity": True, "Oracle": True, "TinyConv": False, "Estimating": True}
