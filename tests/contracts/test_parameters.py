"""Parameters: which values are legal, what errors say, and how they are described."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from everything import RANGES, Bounded, Everything, reason
from hypothesis import given
from hypothesis import strategies as st

from benchbench import Range, SpecError
from benchbench.contracts import specs
from benchbench.contracts.parameters import checked, parameters_of

# ── legal values ─────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.integers() | st.sampled_from([0, 1, 64, 65]))
def test_integers_are_legal_within_their_closed_range(value: int) -> None:
    if 1 <= value <= 64:
        assert Bounded(block=value).block == value
    else:
        with pytest.raises(SpecError, match="integer from 1 to 64"):
            Bounded(block=value)


@given(RANGES)
def test_both_ends_of_a_range_must_be_legal(span: Range) -> None:
    if span.high <= 1:
        assert Bounded(level=span).level == span
    else:
        with pytest.raises(SpecError, match="at most 1"):
            Bounded(level=span)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999"])
@pytest.mark.parametrize("field", ["number", "span", "maybe"])
def test_numbers_that_are_not_finite_are_refused(field: str, value: str) -> None:
    assert f"everything: {field}={value} is not legal" in reason(f"everything:1,{field}={value}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bounded:0", "bounded: block=0 is not legal: it must be an integer from 1 to 64"),
        ("bounded:2.5", "bounded: block=2.5 is not legal: it must be an integer from 1 to 64"),
        ("bounded:true", "bounded: block=true is not legal: it must be an integer from 1 to 64"),
        ("bounded:sigma=-1", "bounded: sigma=-1 is not legal: it must be a number, at least 0"),
        ("bounded:sigma=inf", "bounded: sigma=inf is not legal: it must be finite"),
        ("bounded:level=2..1", "bounded: level=2..1 is not legal: low must not exceed high, and both must be finite"),
        ("everything:1,flag=yes", "everything: flag=yes is not legal: it must be true | false"),
        ("everything:1,choice=x", "everything: choice=x is not legal: it must be zeros | the mean | 3"),
        ("everything:1,maybe=x", "everything: maybe=x is not legal: it must be a number, or none"),
    ],
)
def test_illegal_value_is_named_with_the_legal_ones(text: str, message: str) -> None:
    assert reason(text) == message


def test_values_given_in_python_are_checked_like_text() -> None:
    for field, value in [("block", True), ("sigma", float("nan")), ("level", "x"), ("sigma", True), ("level", True)]:
        with pytest.raises(SpecError, match=f"bounded: {field}={value} is not legal"):
            Bounded(**{field: value})  # type: ignore[arg-type]
    assert isinstance(Bounded(sigma=2).sigma, float)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("boundet", ["unknown component 'boundet'", "'bounded'"]),
        ("bounded:blok=3", ["bounded", "unknown parameter 'blok'", "'block'"]),
        ("bounded:block=3,block=4", ["bounded", "'block' is given twice"]),
        ("bounded:3,block=4", ["bounded", "'block' is given twice"]),
        ("bounded:1,2,0,0", ["bounded", "too many values: '0'"]),
        ("everything", ["everything", "'needed' is missing", "an integer without a default", "everything:needed="]),
        ("Bounded", ["'Bounded' is no component spec", "name:parameter=value"]),
        ("", ["'' is no component spec", "name:parameter=value"]),
    ],
)
def test_error_names_the_thing_and_the_way_out(text: str, parts: list[str]) -> None:
    message = reason(text)
    assert [part for part in parts if part not in message] == []


def test_error_of_an_empty_registry_says_so() -> None:
    with pytest.raises(SpecError, match="none is registered"):
        specs.resolve("anything", {}, "model")


@pytest.mark.parametrize(
    ("low", "high"), [(2, 1), (float("nan"), 1), (0, float("inf")), (0, 10**400), (Fraction(10**400), 10**401)]
)
def test_what_is_no_range_is_refused(low: Any, high: Any) -> None:
    with pytest.raises(SpecError, match="low must not exceed high"):
        Range(low, high)


@pytest.mark.parametrize("value", ["8", None, [8], True])
@pytest.mark.parametrize("end", ["low", "high"])
def test_an_end_of_a_range_that_is_no_number_is_named(end: str, value: Any) -> None:
    with pytest.raises(SpecError) as caught:
        Range(**({"low": 1, "high": 9} | {end: value}))
    assert str(caught.value) == f"Range({end}={value!r}): it must be a number"


def test_a_range_of_numpy_numbers_is_written_as_one_of_python_numbers() -> None:
    assert str(Range(np.float64(0.5), np.float32(1))) == "0.5..1"  # type: ignore[arg-type]


def test_field_without_a_text_form_is_no_parameter() -> None:
    fields = [("weights", list, dataclasses.field(default=()))]
    component = dataclasses.make_dataclass("Strange", fields, frozen=True)
    with pytest.raises(TypeError, match=r"Strange\.weights cannot be a parameter"):
        parameters_of(component)


# ── descriptions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_description_of_a_parameter_has_default_unit_help_and_legal_values() -> None:
    block, sigma, *_ = specs.describe(Bounded)
    assert (block["default"], block["unit"], block["legal"]) == ("8", "px", "an integer from 1 to 64")
    assert block["help"] == "side of a block"
    assert (sigma["default"], sigma["unit"], sigma["help"], sigma["legal"]) == ("1", "", "", "a number, at least 0")
    needed = specs.describe(Everything)[0]
    assert (needed["name"], needed["default"]) == ("needed", None)


def test_every_choice_is_legal_and_every_other_word_is_not() -> None:
    for parameter in parameters_of(Everything).values():
        for choice in parameter.choices:
            checked(Everything, parameter, choice)
        if parameter.choices[:2] == ["true", "false"]:
            with pytest.raises(SpecError):
                checked(Everything, parameter, "perhaps")
    assert [p.choices for p in parameters_of(Everything).values() if p.choices]


def test_description_of_a_component_is_the_first_line_of_its_own_docstring() -> None:
    @dataclass(frozen=True)
    class Silent(Bounded):
        name = "silent"

    assert Bounded.description() == "Parameters with legal ranges"
    assert Silent.description() == ""
