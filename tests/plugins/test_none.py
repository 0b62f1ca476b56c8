"""No degradation is the identity, both ways."""

from __future__ import annotations

import torch

from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.degradations.none import Nothing


def test_is_the_identity_both_ways() -> None:
    images = torch.rand(2, 3, 7, 9)
    result = Nothing().apply(images.clone(), SeededDraw(0, "test", ["a", "b"]))
    assert torch.equal(result.images, images)
    assert torch.equal(Nothing().invert(result.images, result.truth), images)
    assert result.region is None
