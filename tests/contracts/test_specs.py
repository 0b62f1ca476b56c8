"""Component specs: text to component and back."""

from __future__ import annotations

import contextlib

import pytest
import toys
from everything import FINITE, KNOWN, RANGES, Bounded, Everything, everything
from hypothesis import given
from hypothesis import strategies as st

from benchbench import Range, SpecError
from benchbench.contracts import specs
from benchbench.contracts.component import Component
from benchbench.contracts.parameters import parameters_of

SPECIAL = st.text(alphabet="ab:,=+\"\\ .1e-\n\tn|'", max_size=12)
REGISTRY = toys.registry()


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
        ("a+30%b:x=1+c~d", ["a", "30%b:x=1", "c~d"]),
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
