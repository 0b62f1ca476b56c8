"""Randomness hangs on (seed, purpose, id) and on nothing else."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from benchbench import Range, derive, generator
from benchbench.contracts.seeding import Draw, FreshDraw, SeededDraw

IDS = [f"face-{i}" for i in range(12)]


def numbers(draw: Draw) -> Tensor:
    """Some of all that a draw gives, `(n, 16)`."""
    return torch.cat([draw.uniform(-1, 2, (3,)), draw.normal((2, 6)).flatten(1), draw.within(Range(8, 15))[:, None]], 1)


@given(order=st.permutations(range(len(IDS))), size=st.integers(1, len(IDS)))
def test_an_image_gets_its_numbers_in_any_batch_and_order(order: list[int], size: int) -> None:
    together = numbers(SeededDraw(3, "test", IDS))
    for start in range(0, len(order), size):
        batch = order[start : start + size]
        assert torch.equal(numbers(SeededDraw(3, "test", [IDS[i] for i in batch])), together[batch])


@pytest.mark.parametrize(
    ("seed", "purpose", "name"), [(1, "test", "face-0"), (0, "other", "face-0"), (0, "test", "face-1")]
)
def test_another_seed_purpose_or_id_gives_other_numbers(seed: int, purpose: str, name: str) -> None:
    reference = numbers(SeededDraw(0, "test", ["face-0"]))
    assert not (numbers(SeededDraw(seed, purpose, [name])) == reference).any()


def test_the_global_generator_is_neither_read_nor_moved() -> None:
    torch.manual_seed(1)
    first = numbers(SeededDraw(0, "test", IDS))
    state = torch.get_rng_state()
    torch.manual_seed(2)
    assert torch.equal(numbers(SeededDraw(0, "test", IDS)), first)
    torch.manual_seed(1)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("draw", [SeededDraw(0, "test", IDS), FreshDraw(12, generator("test"))])
def test_shapes_type_and_ranges(draw: Draw) -> None:
    assert draw.n == 12
    assert draw.uniform().shape == draw.normal().shape == draw.within(Range(2, 3)).shape == (12,)
    values = draw.uniform(-2, 5, (50, 40))
    assert values.shape == (12, 50, 40)
    assert values.dtype == draw.normal().dtype == torch.float32
    assert -2 <= values.min() < -1.9
    assert 4.9 < values.max() <= 5
    assert torch.equal(draw.within(Range(4, 4)), torch.full((12,), 4.0))


@pytest.mark.parametrize("draw", [SeededDraw(0, "test", IDS), FreshDraw(12, generator("test"))])
def test_normal_numbers_have_mean_0_and_variance_1(draw: Draw) -> None:
    values = draw.normal((5000,))  # 60,000 numbers: the standard error of the mean is 0.004, of the variance 0.006
    assert abs(values.mean()) < 0.02
    assert abs(values.var() - 1) < 0.03


def test_images_of_a_fresh_draw_differ_and_so_does_the_next_draw() -> None:
    draw = FreshDraw(12, generator("test"))
    first, second = numbers(draw), numbers(draw)
    assert len(first.unique(dim=0)) == 12
    assert not (first == second).any()


def test_draws_are_on_their_device() -> None:
    seeded = SeededDraw(0, "test", IDS, device="meta")
    assert seeded.device == torch.device("meta")
    assert seeded.uniform().device == seeded.normal().device == torch.device("meta")
    assert FreshDraw(2, generator("test")).device == generator("test", device="cpu").device


@given(st.lists(st.integers() | st.text(alphabet=st.characters(codec="utf-8")) | st.none(), max_size=4))
def test_derived_seeds_are_63_bits_and_fit_a_generator(parts: list[object]) -> None:
    assert 0 <= derive(*parts) < 2**63
    assert generator(*parts).initial_seed() == derive(*parts)


def test_parts_are_kept_apart() -> None:
    assert len({derive("ab", "c"), derive("a", "bc"), derive("abc"), derive("a", "b", "c")}) == 4


def test_derived_seed_is_the_start_of_a_sha_256() -> None:
    whole = hashlib.sha256(b"7\x1ftest\x1fface-1").hexdigest()
    assert derive(7, "test", "face-1") == int(whole[:16], 16) // 2


def test_a_file_name_that_is_no_unicode_counts_by_its_bytes() -> None:
    whole = hashlib.sha256(b"7\x1ftest\x1fcaf\xe9").hexdigest()
    assert derive(7, "test", os.fsdecode(b"caf\xe9")) == int(whole[:16], 16) // 2


def test_derived_seed_is_equal_in_a_process_with_another_hash_seed() -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    code = "from benchbench.contracts.seeding import derive; print(derive(7, 'test', 'face-é'))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert int(found.stdout) == derive(7, "test", "face-é")
