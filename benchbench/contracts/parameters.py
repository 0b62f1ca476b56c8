"""The parameters of components: their types, help, legal ranges, and values checked against them."""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from numbers import Real
from typing import Any, Literal, Union, get_args, get_origin

from ..errors import SpecError


@dataclasses.dataclass(frozen=True, order=True)
class Range:
    """A closed interval `low..high` from which each image draws its own value; a single number when both are equal.

    >>> from benchbench import Range
    >>> print(Range(8, 15), Range.parse("0.5"))
    8..15 0.5
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, bool) or not isinstance(value, Real):
                raise SpecError(f"Range({name}={value!r}): it must be a number")
            number = as_float(value)
            if type(value) not in (int, float) or math.isinf(number):  # NumPy's are written otherwise
                object.__setattr__(self, name, number)
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise SpecError("low must not exceed high, and both must be finite")

    def __str__(self) -> str:
        return number_text(self.low) if self.low == self.high else f"{number_text(self.low)}..{number_text(self.high)}"

    @classmethod
    def parse(cls, text: str) -> Range:
        """Parse `"8..15"` or `"8"`. Raises ValueError for anything else."""
        low, dots, high = text.partition("..")
        return cls(float(low), float(high) if dots else float(low))


def as_float(number: Any) -> float:
    """Convert a real number to a float; one that is too large becomes infinite."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


def number_text(value: float) -> str:
    """Write a number as specs do: `8`, `0.5`, `1e+20`."""
    return repr(value) if value != int(value) or abs(value) >= 1e15 else str(int(value))


def param(
    default: Any = dataclasses.MISSING,
    help: str = "",
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    **field: Any,
) -> Any:
    """Declare a component's parameter: a dataclass field with a line of help and its legal range (both ends legal).

    Further arguments are those of `dataclasses.field`, such as `kw_only=True`.

    >>> from dataclasses import dataclass
    >>> from benchbench import param
    >>> @dataclass(frozen=True)
    ... class Options:
    ...     width: int = param(16, "channels", low=1)
    >>> Options().width
    16
    """
    about = {"help": help, "low": low, "high": high, "unit": unit}
    return dataclasses.field(default=default, metadata=about, **field)


_KINDS = {bool: "true | false", int: "an integer", float: "a number", str: "text", Range: "a number or low..high"}


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One parameter of a component: its type, default, help and legal range."""

    name: str
    kind: Any
    """bool, int, float, str, Range or a Literal."""
    optional: bool
    """Whether None is legal, too."""
    default: Any
    help: str = ""
    low: float | None = None
    high: float | None = None
    unit: str = ""

    @property
    def legal(self) -> str:
        """Write the legal values in words, such as `an integer from 1 to 64` or `zeros | mean`."""
        if self.kind is bool or get_origin(self.kind) is Literal:
            return " | ".join(self.choices)
        words = _KINDS[self.kind]
        if self.low is not None:
            words += f" from {self.low:g}" if self.high is not None else f", at least {self.low:g}"
        if self.high is not None:
            words += f" to {self.high:g}" if self.low is not None else f", at most {self.high:g}"
        return words + (", or none" if self.optional else "")

    @property
    def choices(self) -> list[str]:
        """List the legal values, where they are few words."""
        words = ["true", "false"] if self.kind is bool else list(map(str, get_args(self.kind)))
        return words + (["none"] if self.optional else [])


def parameters_of(component: Any) -> dict[str, Parameter]:
    """List the parameters of a component class, in order. Raises TypeError for a field whose type has no text form."""
    return _parameters_of(component)


@functools.cache
def _parameters_of(component: Any) -> dict[str, Parameter]:
    hints = typing.get_type_hints(component)
    found = {}
    for f in sorted(dataclasses.fields(component), key=lambda f: bool(f.kw_only)):  # those by keyword only come last
        union = get_args(hints[f.name]) if get_origin(hints[f.name]) in (Union, types.UnionType) else (hints[f.name],)
        kind, *others = [each for each in union if each is not type(None)]
        if others or (kind not in _KINDS and get_origin(kind) is not Literal):
            raise TypeError(
                f"{component.__name__}.{f.name} cannot be a parameter: "
                f"{hints[f.name]} is not bool, int, float, str, Range or Literal"
            )
        about = {fact: f.metadata[fact] for fact in ("help", "low", "high", "unit") if fact in f.metadata}
        found[f.name] = Parameter(f.name, kind, type(None) in union, f.default, **about)
    return found


def _convert(parameter: Parameter, value: Any) -> Any:
    """Convert text, or a Python value, to the parameter's type. Raises ValueError, TypeError or KeyError."""
    kind = parameter.kind
    if parameter.optional and value in (None, "none"):
        return None
    if get_origin(kind) is Literal:
        return {str(choice): choice for choice in get_args(kind)}[str(value)]
    if kind is bool:
        return {True: True, False: False, "true": True, "false": False}[value]  # NumPy's, 1 and 0 are equal to these
    if isinstance(value, bool):  # which Python counts as a number
        raise ValueError(value)
    if kind is Range:
        if isinstance(value, Range):
            return value
        return Range.parse(value) if isinstance(value, str) else Range(float(value), float(value))
    if kind is int and not isinstance(value, str) and int(value) != value:
        raise ValueError(value)
    if kind is str and not isinstance(value, str):
        raise TypeError(value)
    return kind(value)


def _within(parameter: Parameter, value: Any) -> bool:
    ends = (value.low, value.high) if isinstance(value, Range) else (value,)
    low = -math.inf if parameter.low is None else parameter.low
    high = math.inf if parameter.high is None else parameter.high
    return all(math.isfinite(e) and low <= e <= high for e in ends if isinstance(e, int | float))


def checked(component: type, parameter: Parameter, value: Any) -> Any:
    """Convert a value to the parameter's type. Raises SpecError where that fails or the legal range excludes it."""
    reason = f"it must be {parameter.legal}"
    try:
        converted = _convert(parameter, value)
        if _within(parameter, converted):
            return converted
        if isinstance(converted, float) and not math.isfinite(converted):
            reason = "it must be finite"
    except SpecError as error:
        reason = str(error)
    except (ValueError, TypeError, KeyError, OverflowError):
        pass
    name = getattr(component, "name", component.__name__)
    raise SpecError(f"{name}: {parameter.name}={value} is not legal: {reason}")
