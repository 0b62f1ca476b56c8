from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from benchbench import Degradation, Degraded, Draw, Task
from benchbench.contracts.seeding import FreshDraw
from benchbench_plugins.models.oracle import Oracle


@dataclass(frozen=True)
class Shade(Degradation):
    name = "test-shade"

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        factor = draw.uniform(0.5, 1.0)
        return Degraded(clean * factor[:, None, None, None], truth={"factor": factor})

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        return degraded / truth["factor"][:, None, None, None]


@dataclass(frozen=True)
class Erase(Degradation):
    name = "test-erase"

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return Degraded(torch.zeros_like(clean))


def test_oracle_undoes_the_degradation_with_the_true_parameters() -> None:
    source = torch.Generator().manual_seed(1)
    clean = torch.rand((5, 3, 8, 8), generator=source)
    made = Shade().apply(clean, FreshDraw(5, source))
    restored = Oracle().build(Task(8, Shade()))(made.images, truth=made.truth)
    torch.testing.assert_close(restored, clean)


def test_oracle_is_unavailable_where_no_inverse_is_known() -> None:
    assert Oracle().unavailable(Task(8, Shade())) is None
    assert Oracle().unavailable(Task(8, Erase())) == "no ideal inverse is known for test-erase"


def test_boards_learn_that_the_oracle_sees_the_truth() -> None:
    assert Oracle.sees == ("truth",)
