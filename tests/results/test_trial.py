"""Trials: which facts of a trial make its key."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import toys

from benchbench.contracts.budget import Budget
from benchbench.results.trial import Trial


def test_the_key_changes_with_what_determines_the_result_and_with_nothing_else(tmp_path: Path) -> None:
    registry = toys.registry()
    base = Trial(
        tmp_path, "label", "f", 16, registry.resolve("degradation", "darken"), registry.resolve("model", "tiny-conv"), 0,
        Budget.parse("quick"),
    )  # fmt: skip
    other = {
        "fingerprint": "g",
        "size": 32,
        "degradation": registry.resolve("degradation", "darken:factor=0.3"),
        "model": registry.resolve("model", "identity"),
        "seed": 1,
        "budget": Budget.parse("recipe"),
    }
    same = {
        "data": tmp_path / "elsewhere",
        "dataset": "renamed",
        "budget": Budget.parse("5TFLOP"),
        "origin": {"a": 1},
    }
    keys = {dataclasses.replace(base, **{name: value}).key for name, value in other.items()} | {base.key}
    assert len(keys) == len(other) + 1
    assert {dataclasses.replace(base, **{name: value}).key for name, value in same.items()} == {base.key}
