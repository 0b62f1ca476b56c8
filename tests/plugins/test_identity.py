from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from benchbench import Task
from benchbench_plugins.models.identity import Identity


@given(n=st.integers(1, 3), channels=st.sampled_from([1, 3]), side=st.integers(1, 17), seed=st.integers(0, 99))
def test_identity_returns_its_input_bit_for_bit(n: int, channels: int, side: int, seed: int) -> None:
    images = torch.rand((n, channels, side, side), generator=torch.Generator().manual_seed(seed))
    module = Identity().build(Task(side, None, channels))  # type: ignore[arg-type]
    assert torch.equal(module(images), images)
