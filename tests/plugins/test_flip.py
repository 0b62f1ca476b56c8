"""Flips are NumPy's."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch

from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.flip import Flip


@pytest.mark.parametrize(("direction", "flip"), [("vertical", np.flipud), ("horizontal", np.fliplr)])
def test_matches_numpy_and_is_its_own_inverse(direction: Literal["vertical", "horizontal"], flip: np.ufunc) -> None:
    images = torch.rand(2, 3, 7, 10)
    result = Flip(direction).apply(images, SeededDraw(0, "test", ["a", "b"]))
    for ours, clean in zip(result.images, images, strict=True):
        np.testing.assert_array_equal(ours.permute(1, 2, 0).numpy(), flip(clean.permute(1, 2, 0).numpy()))
    assert torch.equal(Flip(direction).invert(result.images, result.truth), images)


def test_default_is_upside_down() -> None:
    assert Flip().direction == "vertical"
