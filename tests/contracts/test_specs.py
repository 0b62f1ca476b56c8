"""Component specs: text to component and back, legal ranges, and errors that say the way out."""

from __future__ import annotations

import contextlib
import dataclasses
from dataclasses import dataclass
from typing import Literal

import pytest
import toys
from hypothesis import given
from hypothesis import strategies as st

from benchbench import Range, SpecError, param
from benchbench.contracts import specs
from benchbench.contracts.component import Component
from benchbench.contracts.parameters import checked, parameters_of

FINITE = st.floats(allow_nan=False, allow_infinity=False)
RANGES = st.tuples(FINITE, FINITE).map(lambda ends: Range(min(ends), max(ends)))
SPECIAL = st.text(alphabet="ab:,=+\"\\ .1e-\n\tn|'", max_size=12)
REGISTRY = toys.registry()


@dataclass(frozen=True)
class Everything(Component):
    """One parameter of each type."""

    name = "everything"

    needed: int = param(help="an integer without a default")
    text: str = param("plain")
    number: float = param(0.5)
    flag: bool = param(False)
    span: Range = param(Range(8, 15))
    choice: Literal["zeros", "the mean", 3] = param("zeros")
    maybe: float | None = param(None)
    perhaps: str | None = param("some")


@dataclass(frozen=True)
class Bounded(Component):
    """Parameters with legal ranges."""

    name = "bounded"

    block: int = param(8, "side of a block", low=1, high=64, unit="px")
    sigma: float = param(1.0, low=0)
    level: Range = param(Range(0, 1), high=1)


KNOWN = {"everything": Everything, "bounded": Bounded}


def everything(text: str) -> Everything:
    found = specs.resolve(text, KNOWN, "component")
    assert isinstance(found, Everything)
    return found


def reason(text: str) -> str:
    """Why a spec is refused."""
    with pytest.raises(SpecError) as caught:
        specs.resolve(text, KNOWN, "component")
    return str(caught.value)


# ── round trips ──────────────────────────────────────────────────────────────────────────────────────────────────────


@given(
    component=st.builds(
        Everything,
        needed=st.integers(-(10**300), 10**300),
        text=st.text() | SPECIAL,
        number=FINITE,
        flag=st.booleans(),
        span=RANGES,
        choice=st.sampled_from(["zeros", "the mean", 3]),
        maybe=st.none() | FINITE,
        perhaps=st.none() | st.text() | SPECIAL,
    ),
    defaults=st.booleans(),
)
def test_formatted_component_resolves_to_itself(component: Everything, defaults: bool) -> None:
    assert everything(specs.format_spec(component, defaults=defaults)) == component


@given(text=st.text() | SPECIAL, number=FINITE)
def test_chain_of_formatted_components_splits_where_it_was_joined(text: str, number: float) -> None:
    parts = [str(Everything(1, text, number)), "bounded", str(Everything(2, number=number, perhaps=text))]
    assert specs.split_chain("+".join(parts)) == parts


def test_only_what_differs_from_the_defaults_is_written() -> None:
    assert str(Bounded()) == "bounded"
    assert str(Bounded(block=4)) == "bounded:block=4"
    assert specs.format_spec(Bounded(), defaults=True) == "bounded:block=8,sigma=1,level=0..1"


def test_none_is_written_where_it_is_not_the_default() -> None:
    assert str(Everything(1, perhaps=None)) == "everything:needed=1,perhaps=none"


@given(RANGES)
def test_range_is_parsed_from_its_text(span: Range) -> None:
    assert Range.parse(str(span)) == span


# ── the language ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_first_parameters_may_leave_out_their_names() -> None:
    assert everything("everything:3,hello,number=2") == Everything(3, "hello", 2.0)


def test_spaces_around_parameters_do_not_count() -> None:
    assert everything(" everything: needed = 3 , text = hello ") == Everything(3, "hello")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"a,b"', "a,b"),
        (r'"say \"hi\""', 'say "hi"'),
        (r'"back\\slash"', "back\\slash"),
        (r"C:\photos", r"C:\photos"),
        ('"a+b"', "a+b"),
        ("a=b", "a=b"),
        ('""', ""),
    ],
)
def test_quotes_keep_separators_and_backslashes(written: str, meant: str) -> None:
    assert everything(f"everything:1,text={written}").text == meant


def test_keyword_only_parameters_come_last() -> None:
    assert list(parameters_of(toys.Darken)) == ["factor", "region"]
    assert REGISTRY.resolve("degradation", "darken:0.5").factor == Range(0.5, 0.5)


def test_a_number_is_a_range_of_one_value() -> None:
    assert Everything(1, span=3).span == everything("everything:1,span=3").span == Range(3, 3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("chain", "parts"),
    [
        ("a", ["a"]),
        ("a+b:x=1+c", ["a", "b:x=1", "c"]),
        ("a:x=1e+5+b", ["a:x=1e+5", "b"]),
        ('a:t="x+y"+b', ['a:t="x+y"', "b"]),
        ("a:span=1e+2..1e+3", ["a:span=1e+2..1e+3"]),
    ],
)
def test_a_plus_joins_only_before_a_name_outside_quotes(chain: str, parts: list[str]) -> None:
    assert specs.split_chain(chain) == parts


@given(st.text() | SPECIAL | SPECIAL.map("everything:1,".__add__) | SPECIAL.map("grain:".__add__))
def test_any_text_is_a_component_or_a_spec_error(text: str) -> None:
    for attempt in (
        lambda: specs.resolve(text, KNOWN, "component"),
        lambda: REGISTRY.resolve("degradation", text),
    ):
        with contextlib.suppress(SpecError):
            assert isinstance(attempt(), Component)


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
        ("bounded:0", "bounded: block=0 is not legal: it must be integer from 1 to 64"),
        ("bounded:2.5", "bounded: block=2.5 is not legal: it must be integer from 1 to 64"),
        ("bounded:true", "bounded: block=true is not legal: it must be integer from 1 to 64"),
        ("bounded:sigma=-1", "bounded: sigma=-1 is not legal: it must be number, at least 0"),
        ("bounded:level=2..1", "bounded: level=2..1 is not legal: low must not exceed high, and both must be finite"),
        ("everything:1,flag=yes", "everything: flag=yes is not legal: it must be true | false"),
        ("everything:1,choice=x", "everything: choice=x is not legal: it must be zeros | the mean | 3"),
        ("everything:1,maybe=x", "everything: maybe=x is not legal: it must be number | none"),
    ],
)
def test_illegal_value_is_named_with_the_legal_ones(text: str, message: str) -> None:
    assert reason(text) == message


def test_values_given_in_python_are_checked_like_text() -> None:
    for field, value in {"block": True, "sigma": float("nan"), "level": "x"}.items():
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


@pytest.mark.parametrize(("low", "high"), [(2, 1), (float("nan"), 1), (0, float("inf"))])
def test_what_is_no_range_is_refused(low: float, high: float) -> None:
    with pytest.raises(SpecError, match="low must not exceed high"):
        Range(low, high)


def test_field_without_a_text_form_is_no_parameter() -> None:
    fields = [("weights", list, dataclasses.field(default=()))]
    component = dataclasses.make_dataclass("Strange", fields, frozen=True)
    with pytest.raises(TypeError, match=r"Strange\.weights cannot be a parameter"):
        parameters_of(component)


# ── descriptions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_description_of_a_parameter_has_default_unit_help_and_legal_values() -> None:
    block, sigma, *_ = specs.describe(Bounded)
    assert (block["default"], block["unit"], block["legal"]) == ("8", "px", "integer from 1 to 64")
    assert block["help"] == "side of a block"
    assert (sigma["default"], sigma["unit"], sigma["help"], sigma["legal"]) == ("1", "", "", "number, at least 0")
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
