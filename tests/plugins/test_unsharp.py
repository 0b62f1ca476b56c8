from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.filters import unsharp_mask

from benchbench import Task
from benchbench_plugins.models.unsharp import Unsharp

TASK = Task(24, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("radius", "amount"), [(1.0, 1.0), (2.5, 0.5)])
def test_matches_scikit_image_image_by_image(radius: float, amount: float) -> None:
    images = torch.rand((3, 3, 24, 17), generator=torch.Generator().manual_seed(0))
    restored = Unsharp(radius, amount).build(TASK)(images)
    for image, got in zip(images.numpy(), restored.numpy(), strict=True):
        expected = unsharp_mask(image, radius, amount, preserve_range=True, channel_axis=0)
        np.testing.assert_allclose(got, expected, atol=1e-6)


def test_amount_zero_changes_nothing() -> None:
    images = torch.rand((1, 1, 24, 24), generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(Unsharp(amount=0).build(TASK)(images), images)


def test_steepens_an_edge() -> None:
    ramp = torch.linspace(-3, 3, 24).sigmoid().expand(1, 3, 24, 24)
    sharper = Unsharp(2).build(TASK)(ramp)
    assert (sharper.diff(dim=-1).amax() > ramp.diff(dim=-1).amax()).all()
