"""`benchbench.testing`: the laws as tests that pass, skip with a reason and fail with evidence."""

from __future__ import annotations

from typing import Any

import broken
import pytest

from benchbench import SpecError, checks
from benchbench.testing import contract_tests


def outcomes(test: Any) -> dict[str, tuple[str, str]]:
    """Test id -> how it ended, and its message."""
    [mark] = test.pytestmark
    found = {}
    for parameters in mark.args[1]:
        try:
            test(*parameters.values)
            found[parameters.id] = ("passed", "")
        except pytest.skip.Exception as reason:
            found[parameters.id] = ("skipped", str(reason))
        except pytest.fail.Exception as reason:
            found[parameters.id] = ("failed", str(reason))
    return found


def test_each_law_is_a_test_named_after_component_and_law() -> None:
    found = outcomes(contract_tests(broken.SomeMetric))
    assert list(found) == [f"metric some-metric: {law.name}" for law in checks.LAWS["metric"]]
    assert {how for how, _ in found.values()} == {"passed"}


def test_a_broken_law_fails_with_evidence_and_way_out() -> None:
    found = outcomes(contract_tests(broken.SomeMetric("keeps-the-dtype")))
    failed = {name: text for name, (how, text) in found.items() if how == "failed"}
    [(name, text)] = failed.items()
    assert name == "metric some-metric:law=keeps-the-dtype: keeps-the-dtype"
    assert text.splitlines()[1:] == [
        "  evidence: the scores are torch.float64",
        "  way out:  compute in whatever precision it takes, and return float32",
    ]


def test_what_stands_on_a_broken_law_is_skipped() -> None:
    found = outcomes(contract_tests(broken.SomeMetric("gives-a-score-an-image")))
    assert found["metric some-metric:law=gives-a-score-an-image: takes-any-size"] == (
        "skipped",
        "gives-a-score-an-image is broken",
    )


def test_installed_components_are_found_by_name() -> None:
    both = {case.split(":")[0] for case in outcomes(contract_tests("none", "pixelate:block=3", size=16))}
    assert both == {"degradation none", "degradation pixelate"}
    with pytest.raises(SpecError, match="did you mean"):
        contract_tests("pixelat")
