"""Budgets: what a text means, how many steps it buys, and when two are one."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbench import SpecError
from benchbench.contracts.budget import PRESETS, Budget


@pytest.mark.parametrize(
    ("text", "kind", "amount"),
    [
        ("50TFLOP", "flops", 50e12),
        ("50 TFLOPs", "flops", 50e12),
        ("1.5pflop", "flops", 1.5e15),
        ("3GFLOP", "flops", 3e9),
        ("2e9FLOPs", "flops", 2e9),
        ("7MFLOP", "flops", 7e6),
        ("20epochs", "epochs", 20),
        ("1 epoch", "epochs", 1),
        ("0.5epochs", "epochs", 0.5),
        ("10000images", "images", 10000),
        ("60s", "seconds", 60),
        ("2min", "seconds", 120),
        ("1.5h", "seconds", 5400),
        ("recipe", "recipe", 0),
        (" recipe ", "recipe", 0),
    ],
)
def test_what_a_text_means(text: str, kind: str, amount: float) -> None:
    budget = Budget.parse(text)
    assert (budget.kind, budget.amount) == (kind, pytest.approx(amount))
    assert str(budget) == text.strip()


@pytest.mark.parametrize(
    "text",
    ["", "fast", "-5epochs", "0epochs", "0.0s", "5", "TFLOP", "5TB", "5 TFLOP 3", "nanepochs", "infs", "1e999TFLOP",
     "1e308h", "5e", "1_000images", "20epochs\n5", "quick+quick"],
)  # fmt: skip
def test_nonsense_is_refused_with_what_can_be_said(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        Budget.parse(text)
    assert f"'{text.strip()}' is no budget" in str(caught.value)
    assert all(word in str(caught.value) for word in ("quick", "recipe", "TFLOP", "epochs", "images", "60s"))


@given(st.text())
def test_any_text_is_a_budget_or_a_spec_error(text: str) -> None:
    with contextlib.suppress(SpecError):
        assert Budget.parse(text).canonical


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_its_amount(name: str) -> None:
    assert Budget.parse(name).canonical == Budget.parse(PRESETS[name]).canonical


@pytest.mark.parametrize(("one", "other"), [("60s", "1min"), ("5TFLOP", "5000 gflops"), ("0.5h", "30min")])
def test_equal_budgets_have_one_canonical_text(one: str, other: str) -> None:
    assert Budget.parse(one).canonical == Budget.parse(other).canonical


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_different_budgets_have_different_canonical_texts(one: int, other: int) -> None:
    same = Budget.parse(f"{one}images").canonical == Budget.parse(f"{other}images").canonical
    assert same == (one == other)


def test_budgets_next_to_each_other_are_told_apart() -> None:
    assert Budget.parse("1234567images").canonical != Budget.parse("1234568images").canonical
    assert Budget.parse("60s").canonical != Budget.parse("60epochs").canonical


def steps(text: str, *, batch: int = 8, epoch: int = 10, flops: float = 1e9, epochs: int = 30) -> int | None:
    return Budget.parse(text).steps(batch, epoch, flops, epochs)


def test_steps_that_a_budget_buys() -> None:
    assert steps("80GFLOP") == 10  # 10 batches of 8 images at 1 GFLOP each
    assert steps("160images") == 20
    assert steps("3epochs") == 30
    assert steps("recipe") == 300
    assert steps("60s") is None


@pytest.mark.parametrize("text", ["1FLOP", "1image", "0.001epochs"])
def test_the_smallest_budget_buys_a_step(text: str) -> None:
    assert steps(text) == 1


def test_a_model_without_flops_gets_an_epoch() -> None:
    assert steps("5TFLOP", flops=0) == 10


@given(st.integers(1, 64), st.floats(1e3, 1e9))
def test_dearer_models_get_fewer_steps_and_the_same_work(batch: int, flops: float) -> None:
    bought = steps("5TFLOP", batch=batch, flops=flops)
    assert bought is not None
    assert bought * batch * flops == pytest.approx(5e12, rel=0.01) or bought < 100
