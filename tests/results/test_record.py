"""The record of a result: what is read is what is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import results

from benchbench.files import json_text, read_json
from benchbench.results import store
from benchbench.results.parsing import parse, plain


def content(**changes: Any) -> dict[str, Any]:
    """What a failed result holds, changed."""
    least = {"schema": 2, "status": "failed", "key": "k", "trial": results.trial(), "protocol": {"version": 2}}
    return least | changes


def test_a_result_is_written_as_it_was_read(tmp_path: Path) -> None:
    for facts in ({}, {"status": "failed", "reason": "no luck"}, {"training": None, "seed": None}):
        path = results.write(tmp_path / str(len(facts)), **facts) / store.RESULT
        assert json_text(plain(parse(read_json(path)))) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "amiss"),
    [
        ({"status": "excellent"}, "'excellent', not scored, skipped or failed"),
        ({"status": "scored"}, "it is scored, but has no origin"),
        ({"key": 3}, r"at `\$.key`"),
        ({"reason": "x" * 10_001}, r"at `\$.reason`"),
        ({"reason": "\ud800"}, "surrogates not allowed"),
        ({"trial": results.trial() | {"size": 2.0}}, r"at `\$.trial.size`"),
        ({"trial": results.trial() | {"seed": 10**30}}, r"at `\$.trial.seed`"),
        ({"trial": results.trial() | {"fingerprint": "<b>"}}, r"at `\$.trial.fingerprint`"),
        ({"trial": results.trial() | {"training": "5 minutes"}}, r"at `\$.trial.training`"),
        ({"protocol": {"version": True}}, r"at `\$.protocol.version`"),
    ],
)
def test_what_a_result_cannot_hold_is_named(change: dict[str, Any], amiss: str) -> None:
    with pytest.raises(ValueError, match=amiss):
        parse(content(**change))


def test_what_a_later_version_adds_is_ignored() -> None:
    assert parse(content(colour="red")) == parse(content())


def test_parts_of_scored_results_are_not_written_for_others() -> None:
    assert not plain(parse(content())).keys() & {"metrics", "scores", "model", "timing", "training"}


def test_the_first_metric_of_a_board_is_one_that_was_scored(tmp_path: Path) -> None:
    assert store.read(results.write(tmp_path / "a")).record.first_metric == "peak"
    assert store.read(results.write(tmp_path / "b", {"mean-error": 0.1})).record.first_metric == "mean-error"
    assert parse(content()).first_metric is None
