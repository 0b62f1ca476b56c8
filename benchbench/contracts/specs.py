"""Component specs: `swirl:strength=8..15,radius=0.4` <-> a component with its parameters.

    spec      = name [":" parameter {"," parameter}]
    parameter = [field "="] value          the first parameters may leave out their names
    value     = number | true | false | none | word | low..high | "quoted, text"

Several degradations in a row are joined with `+`: `gaussian-blur+gaussian-noise:sigma=0.1`.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin

from ..errors import SpecError, did_you_mean

NAME = re.compile(r"[a-z][a-z0-9_-]*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PLAIN = re.compile(r"[^\s,+\"]+")  # text that needs no quotes as a value


@dataclasses.dataclass(frozen=True, order=True)
class Range:
    """A closed interval `low..high` from which each image draws its own value; a single number when both are equal."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise SpecError("low must not exceed high, and both must be finite")

    def __str__(self) -> str:
        return _number(self.low) if self.low == self.high else f"{_number(self.low)}..{_number(self.high)}"

    @classmethod
    def parse(cls, text: str) -> Range:
        """`"8..15"` or `"8"` as a range. Raises ValueError for anything else."""
        low, dots, high = text.partition("..")
        return cls(float(low), float(high) if dots else float(low))


def param(
    default: Any = dataclasses.MISSING,
    help: str = "",
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    kw_only: bool = False,
) -> Any:
    """A component's parameter: a dataclass field with a line of help and its legal range (both ends legal)."""
    about = {"help": help, "low": low, "high": high, "unit": unit}
    return dataclasses.field(default=default, kw_only=kw_only, metadata=about)


@dataclasses.dataclass(frozen=True)
class Parameter:
    """What is known of one parameter of a component."""

    name: str
    type: Any
    default: Any
    help: str
    low: float | None
    high: float | None
    unit: str

    @property
    def legal(self) -> str:
        """The legal values in words, such as `integer from 1 to 64` or `zeros | mean`."""
        kinds = {bool: "true | false", int: "integer", float: "number", str: "text", Range: "number or low..high"}
        kind, optional = _without_none(self.type)
        words = " | ".join(map(str, get_args(kind))) if get_origin(kind) is Literal else kinds[kind]
        if self.low is not None:
            words += f" from {self.low:g}" if self.high is not None else f", at least {self.low:g}"
        if self.high is not None:
            words += f" to {self.high:g}" if self.low is not None else f", at most {self.high:g}"
        return words + (" | none" if optional else "")

    @property
    def choices(self) -> list[str]:
        """The legal values, where they are few words."""
        kind, optional = _without_none(self.type)
        words = ["true", "false"] if kind is bool else list(map(str, get_args(kind)))
        return words + (["none"] if optional else [])


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [a for a in get_args(annotation) if a is not type(None)]
        return (rest[0], True) if len(rest) == 1 else (annotation, False)
    return annotation, False


def parameters(component: Any) -> dict[str, Parameter]:
    """The parameters of a component class, in order. Raises TypeError for a field of a type that has no text form."""
    return _parameters(component)


@functools.cache
def _parameters(component: Any) -> dict[str, Parameter]:
    hints = typing.get_type_hints(component)
    found = {}
    for f in sorted(dataclasses.fields(component), key=lambda f: bool(f.kw_only)):  # those by keyword only come last
        kind, _ = _without_none(hints[f.name])
        if kind not in (bool, int, float, str, Range) and get_origin(kind) is not Literal:
            raise TypeError(
                f"{component.__name__}.{f.name} cannot be a parameter: "
                f"{kind} is not bool, int, float, str, Range or Literal"
            )
        get = f.metadata.get
        found[f.name] = Parameter(
            f.name, hints[f.name], f.default, get("help", ""), get("low"), get("high"), get("unit", "")
        )
    return found


def _convert(parameter: Parameter, value: Any) -> Any:
    """`value` (text, or a Python value) as the parameter's type. Raises ValueError or TypeError if it is none."""
    kind, optional = _without_none(parameter.type)
    if optional and value in (None, "none"):
        return None
    if get_origin(kind) is Literal:
        by_text = {str(choice): choice for choice in get_args(kind)}
        return by_text[str(value)]
    if kind is bool:
        return value if isinstance(value, bool) else {"true": True, "false": False}[value]
    if kind is Range:
        if isinstance(value, Range):
            return value
        return Range.parse(value) if isinstance(value, str) else Range(float(value), float(value))
    if kind is int and not isinstance(value, str):
        if isinstance(value, bool) or int(value) != value:
            raise ValueError(value)
        return int(value)
    if kind is str and not isinstance(value, str):
        raise TypeError(value)
    return kind(value)


def _within(parameter: Parameter, value: Any) -> bool:
    ends = (value.low, value.high) if isinstance(value, Range) else (value,)
    if not all(isinstance(e, int | float) for e in ends):
        return True
    low, high = parameter.low, parameter.high
    return all(math.isfinite(e) and (low is None or e >= low) and (high is None or e <= high) for e in ends)


def checked(component: type, parameter: Parameter, value: Any) -> Any:
    """`value` as the parameter's type and in its legal range. Raises SpecError naming both if it is not."""
    reason = f"it must be {parameter.legal}"
    try:
        converted = _convert(parameter, value)
        if _within(parameter, converted):
            return converted
    except SpecError as error:
        reason = str(error)
    except (ValueError, TypeError, KeyError, OverflowError):
        pass
    name = getattr(component, "name", component.__name__)
    raise SpecError(f"{name}: {parameter.name}={value} is not legal: {reason}")


def split_spec(text: str) -> tuple[str, list[tuple[str | None, str]]]:
    """`"swirl:8..15,radius=0.4"` as `("swirl", [(None, "8..15"), ("radius", "0.4")])`. Raises SpecError."""
    name, _, rest = text.strip().partition(":")
    if not NAME.fullmatch(name):
        shape = "name or name:parameter=value,…; for several, give the option several times"
        raise SpecError(f"'{text}' is no component spec: it must look like {shape}")
    pairs: list[tuple[str | None, str]] = []
    for part in _split(rest, ",") if rest else []:
        key, equals, value = part.partition("=")
        if equals and key.strip().isidentifier():
            pairs.append((key.strip(), _unquote(value.strip())))
        else:
            pairs.append((None, _unquote(part.strip())))
    return name, pairs


def _unquote(text: str) -> str:
    quoted = _QUOTED.fullmatch(text)
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else text


def _split(text: str, separator: str) -> list[str]:
    """`text` cut at each separator that stands outside double quotes."""
    outside = re.compile(r'"(?:[^"\\]|\\.)*"|[^"' + re.escape(separator) + r']+|"')
    parts, position = [""], 0
    while position < len(text):
        if text[position] == separator:
            parts.append("")
            position += 1
        elif token := outside.match(text, position):
            parts[-1] += token[0]
            position = token.end()
    return parts


def split_chain(text: str) -> list[str]:
    """`"a+b:x=1e+5"` as `["a", "b:x=1e+5"]`: a `+` outside quotes and before a name joins two degradations."""
    parts: list[str] = []
    for part in _split(text, "+"):
        if parts and not NAME.match(part):
            parts[-1] += "+" + part
        else:
            parts.append(part)
    return parts


def build(component: type, pairs: Sequence[tuple[str | None, str]]) -> Any:
    """The component with the given parameters. Raises SpecError for an unknown, repeated or missing one."""
    known = parameters(component)
    name, values = getattr(component, "name", component.__name__), dict[str, str]()
    for position, (key, value) in enumerate(pairs):
        if key is None and position >= len(known):
            raise SpecError(f"{name}: too many values: '{value}' has no parameter to go to")
        field = list(known)[position] if key is None else key
        if field not in known:
            hint = did_you_mean(field, known) if known else "it has none"
            raise SpecError(f"{name}: unknown parameter '{field}': {hint}")
        if field in values:
            raise SpecError(f"{name}: parameter '{field}' is given twice")
        values[field] = value
    for p in known.values():
        if p.default is dataclasses.MISSING and p.name not in values:
            raise SpecError(f"{name}: parameter '{p.name}' is missing ({p.help or p.legal}): {name}:{p.name}=…")
    return component(**values)


def resolve(text: str, registry: Mapping[str, type], kind: str) -> Any:
    """The component that `text` names, from `registry`. Raises SpecError with close matches if there is none."""
    name, pairs = split_spec(text)
    if name not in registry:
        raise SpecError(f"unknown {kind} '{name}': {did_you_mean(name, registry)}")
    return build(registry[name], pairs)


def _number(value: float) -> str:
    return repr(value) if value != int(value) or abs(value) >= 1e15 else str(int(value))


def _value_text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _number(value)
    text = str(value)
    if _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def format_spec(component: Any, *, defaults: bool = False) -> str:
    """The spec that gives `component` back; with `defaults`, parameters at their default value are spelt out too."""
    pairs = [
        f"{p.name}={_value_text(value)}"
        for p in parameters(type(component)).values()
        if (value := getattr(component, p.name)) is not None or p.default is not None
        if defaults or value != p.default
    ]
    return component.name + (":" + ",".join(pairs) if pairs else "")


def describe(component: type) -> list[dict[str, Any]]:
    """The parameters of a component class in plain values; `default` is its text, None where a value must be given."""
    return [
        {
            "name": p.name,
            "default": None if p.default is dataclasses.MISSING else _value_text(p.default),
            "unit": p.unit,
            "help": p.help,
            "legal": p.legal,
            "choices": p.choices,
        }
        for p in parameters(component).values()
    ]
