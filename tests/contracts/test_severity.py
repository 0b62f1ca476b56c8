"""Severities set what is not given, for each image by itself."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from benchbench import Degraded, Draw, Graded, Range, SpecError, graded
from benchbench.contracts.seeding import SeededDraw

IDS = [str(i) for i in range(500)]


@dataclass(frozen=True)
class Fog(Graded):
    """Mixes in white."""

    name = "fog"
    amount: Range | None = graded("how much", (0, 0.1, 0.3, 0.6, 1), low=0, high=1)
    grain: Range | None = graded("how coarse", ((0, 1), (1, 3), (2, 6), (4, 8), 9), low=0, high=9)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return Degraded(clean, truth=self.amounts(draw))


def drawn(fog: Fog, count: int = 500) -> dict[str, Tensor]:
    return dict(fog.apply(torch.zeros(count, 3, 2, 2), SeededDraw(0, "test", IDS[:count])).truth)


@pytest.mark.parametrize(("severity", "amount"), [(1, 0), (2, 0.1), (2.5, 0.2), (4, 0.6), (4.75, 0.9), (5, 1)])
def test_a_severity_sets_each_amount_between_its_levels(severity: float, amount: float) -> None:
    found = drawn(Fog(severity=Range(severity, severity)))
    torch.testing.assert_close(found["amount"], torch.full((500,), float(amount)))


def test_a_level_that_is_a_range_is_drawn_from_for_each_image() -> None:
    grain = drawn(Fog())["grain"]
    assert (grain.min(), grain.max()) == pytest.approx((2, 6), abs=0.05)
    assert grain.mean() == pytest.approx(4, abs=0.15)


def test_severities_are_drawn_for_each_image() -> None:
    amount = drawn(Fog(severity=Range(1, 5)))["amount"]
    assert len(amount.unique()) > 490
    assert amount.mean() == pytest.approx((0.05 + 0.2 + 0.45 + 0.8) / 4, abs=0.04)


def test_what_is_given_is_left_to_it_and_changes_no_other_draw() -> None:
    given, other = drawn(Fog(Range(0.5, 0.5), severity=Range(4, 4))), drawn(Fog(severity=Range(4, 4)))
    assert (given["amount"] == 0.5).all()
    assert torch.equal(given["grain"], other["grain"])


def test_span_has_all_that_may_be_drawn() -> None:
    assert Fog(severity=Range(2, 3.5)).span("grain") == Range(1, 8)
    assert Fog(Range(0.2, 0.4)).span("amount") == Range(0.2, 0.4)
    assert Fog(severity=Range(5, 5)).span("amount") == Range(1, 1)


def test_severity_is_part_of_the_spec() -> None:
    assert str(Fog(severity=Range(1, 5))) == "fog:severity=1..5"
    with pytest.raises(SpecError, match="severity=6 is not legal"):
        Fog(severity=6)  # type: ignore[arg-type]


def test_there_must_be_five_levels() -> None:
    with pytest.raises(ValueError, match="5 levels, not 3"):
        graded("how much", (1, 2, 3))
