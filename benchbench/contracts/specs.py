"""Component specs: `swirl:strength=8..15,radius=0.4` <-> a component with its parameters.

    spec      = name [":" parameter {"," parameter}]
    parameter = [field "="] value          the first parameters may leave out their names
    value     = number | true | false | none | word | low..high | "quoted, text"

Several degradations in a row are joined with `+`: `gaussian-blur+gaussian-noise:sigma=0.1`. Those joined with `~` come
in an order drawn for each image: in `a~b+c`, c is always the last. `30%jpeg` strikes three images of ten.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import SpecError, did_you_mean
from .parameters import number_text, parameters_of

NAME = re.compile(r"[a-z][a-z0-9_-]*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_PLAIN = re.compile(r"(?:[^\s,+\"~]|~(?![a-z\d]))+")  # text that needs no quotes as a value
_PART = re.compile(rf"(?:(?P<percent>\d+(?:\.\d+)?)%)?(?P<spec>{NAME.pattern}.*)", re.DOTALL)


def split_spec(text: str) -> tuple[str, list[tuple[str | None, str]]]:
    """Split `"swirl:8..15,radius=0.4"` into `("swirl", [(None, "8..15"), ("radius", "0.4")])`. Raises SpecError."""
    name, _, rest = text.strip().partition(":")
    if not NAME.fullmatch(name):
        shape = "name or name:parameter=value,… (pictures of your own: folder:PATH), one in each"
        raise SpecError(f"'{text}' is no component spec: it must look like {shape}")
    pairs: list[tuple[str | None, str]] = []
    for part in _split(rest, ",") if rest else []:
        key, equals, value = part.partition("=")
        named = bool(equals) and key.strip().isidentifier()
        value = (value if named else part).strip()
        quoted = _QUOTED.fullmatch(value)
        pairs.append((key.strip() if named else None, re.sub(r"\\(.)", r"\1", value[1:-1]) if quoted else value))
    return name, pairs


def _split(text: str, separator: str) -> list[str]:
    """Cut text at each separator that stands outside double quotes."""
    parts = [""]
    for token in re.findall(rf'{_QUOTED.pattern}|[^"{separator}]+|["{separator}]', text):
        if token == separator:
            parts.append("")
        else:
            parts[-1] += token
    return parts


def split_chain(text: str, joint: str = "+") -> list[str]:
    """Split `"a+b:x=1e+5"` into `["a", "b:x=1e+5"]`: a `+` outside quotes and before a name joins two degradations.

    So does a `~` as `joint`. A name may have a probability before it, as in `30%jpeg`.
    """
    parts: list[str] = []
    for part in _split(text, joint):
        if parts and not _PART.match(part):
            parts[-1] += joint + part
        else:
            parts.append(part)
    return parts


def split_probability(part: str) -> tuple[float, str]:
    """Split `"30%jpeg"` into `(0.3, "jpeg")`; without a percentage it is 1. Raises SpecError above 100 %."""
    found = _PART.fullmatch(part.strip())
    if found is None or found["percent"] is None:
        return 1.0, part
    percent = float(found["percent"])
    if percent > 100:
        raise SpecError(f"'{part}': a probability is at most 100%")
    return percent / 100, found["spec"]


def parts_of(text: str) -> list[str]:
    """List the parts of a chain without their probabilities: `"a~30%b:x=1+c"` -> `["a", "b:x=1", "c"]`."""
    return [split_probability(part)[1] for link in split_chain(text) for part in split_chain(link, "~")]


def build(component: type, pairs: Sequence[tuple[str | None, str]]) -> Any:
    """Make the component with the given parameters. Raises SpecError for an unknown, repeated or missing one."""
    known = parameters_of(component)
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
    """Make the component that a spec names. Raises SpecError with close matches if `registry` lacks it."""
    name, pairs = split_spec(text)
    if name not in registry:
        folder = kind == "dataset" and Path(name).is_dir()
        hint = f"a folder of images is folder:{name}" if folder else did_you_mean(name, registry)
        raise SpecError(f"unknown {kind} '{name}': {hint}")
    return build(registry[name], pairs)


def _value_text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return number_text(value)
    text = str(value)
    return text if _PLAIN.fullmatch(text) else '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def format_spec(component: Any, *, defaults: bool = False, without: Collection[str] = ()) -> str:
    """Write the spec that gives `component` back, `without` some parameters.

    With `defaults`, parameters at their default are spelt out, too.
    """
    pairs = [
        f"{p.name}={_value_text(value)}"
        for p in parameters_of(type(component)).values()
        if (value := getattr(component, p.name)) is not None or p.default is not None
        if (defaults or value != p.default) and p.name not in without
    ]
    return component.name + (":" + ",".join(pairs) if pairs else "")


def describe(component: type) -> list[dict[str, Any]]:
    """List the parameters of a component class in plain values; `default` is text, None where a value is needed."""
    return [
        {
            "name": p.name,
            "default": None if p.default is dataclasses.MISSING else _value_text(p.default),
            **{fact: getattr(p, fact) for fact in ("unit", "help", "legal", "choices")},
        }
        for p in parameters_of(component).values()
    ]
