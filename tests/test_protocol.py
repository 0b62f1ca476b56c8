"""The protocol that results record is the one that is applied."""

from __future__ import annotations

import json

import pytest

from benchbench import protocol
from benchbench.data import prepared


def test_settings_are_what_the_harness_uses() -> None:
    splits = protocol.SETTINGS["splits"]
    assert isinstance(splits, dict)
    assert list(splits) == list(prepared.SPLITS) == list(protocol.SMALLEST_SPLIT)
    assert sum(splits.values()) == pytest.approx(1)
    assert protocol.SETTINGS["version"] == protocol.VERSION
    assert protocol.SETTINGS["test_seed"] == protocol.TEST_SEED


def test_settings_fit_into_a_result() -> None:
    assert json.loads(json.dumps(protocol.SETTINGS)) == protocol.SETTINGS


def test_smallest_splits_allow_a_spread_over_test_images() -> None:
    assert all(least >= 1 for least in protocol.SMALLEST_SPLIT.values())
    assert protocol.SMALLEST_SPLIT["test"] >= 2
