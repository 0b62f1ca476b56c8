from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import median_filter

from benchbench import SpecError, Task
from benchbench_plugins.models.median import Median

TASK = Task(16, None)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [3, 5, 7, 9])
@pytest.mark.parametrize("channels", [1, 3])
def test_matches_scipy(size: int, channels: int) -> None:
    images = torch.rand((2, channels, 17, 12), generator=torch.Generator().manual_seed(size))
    expected = median_filter(images.numpy(), size=(1, 1, size, size), mode="nearest")
    np.testing.assert_array_equal(Median(size).build(TASK)(images).numpy(), expected)


def test_removes_lone_impulses_and_keeps_a_straight_edge() -> None:
    clean = torch.zeros((1, 3, 16, 16))
    clean[..., 8:] = 1
    noisy = clean.clone()
    noisy[..., 2::5, 3] = 1
    assert torch.equal(Median().build(TASK)(noisy), clean)


@pytest.mark.parametrize("size", [2, 4, 11])
def test_an_even_or_huge_size_is_refused(size: int) -> None:
    with pytest.raises(SpecError, match=r"3 \| 5 \| 7 \| 9"):
        Median(size)  # type: ignore[arg-type]
