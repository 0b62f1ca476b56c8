from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbench_plugins.models._messages import Part, Reader, categorical, gaussian, written


def parts_of(counts: list[int], seed: int) -> list[Part]:
    """Alternately normal and categorical symbols."""
    draw, parts = np.random.default_rng(seed), list[Part]()
    for turn, count in enumerate(counts):
        if turn % 2:
            weights = draw.random((count, 5)) ** 4
            symbols = np.array([draw.choice(5, p=row / row.sum()) for row in weights], np.int32)
            parts.append((symbols, categorical(weights)))
        else:
            scales = draw.random(count) * 3 + 0.05
            parts.append((np.round(draw.normal(size=count) * scales).astype(np.int32), gaussian(scales, 100)))
    return parts


@given(counts=st.lists(st.integers(1, 30), min_size=1, max_size=4), seed=st.integers(0, 2**32))
@settings(max_examples=60)
def test_every_part_is_read_back(counts: list[int], seed: int) -> None:
    parts = parts_of(counts, seed)
    reader = Reader(written(parts))
    for symbols, distribution in parts:
        np.testing.assert_array_equal(reader.read(distribution), symbols)


def ideal(parts: list[Part]) -> float:
    """Shannon's bound in bytes, of categorical parts."""
    return sum(-np.log2(w[range(len(s)), s] / w.sum(1)).sum() for s, (_, w) in parts) / 8


@pytest.mark.parametrize("count", [1, 20, 400])
def test_a_message_is_as_short_as_the_ideal_code_and_a_byte(count: int) -> None:
    spent, bound = 0, 0.0
    for seed in range(20):
        parts = parts_of([1, count, 1, count], seed)[1::2]
        spent, bound = spent + len(written(parts)), bound + ideal(parts)
    assert bound / 20 - 1 <= spent / 20 <= 1.005 * bound / 20 + 1


def test_what_has_weight_zero_can_be_coded() -> None:
    part = (np.array([2], np.int32), categorical(np.array([[1.0, 1.0, 0.0]])))
    assert Reader(written([part])).read(part[1]).tolist() == [2]
