"""The catalogue: every component and plugin in plain values, and as text."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..contracts import specs
from ..contracts.component import KIND_NAMES, Component
from ..contracts.recipe import Recipe
from ..errors import SpecError, did_you_mean
from . import index, sources

if TYPE_CHECKING:
    from .registry import Registry

Entry = dict[str, Any]
FACTS = {
    "model": ("role", "sees", "restores", "rates", "recipe"),
    "metric": ("higher_is_better", "unit", "order", "regional", "library"),
}
"""Class attributes of a kind that the catalogue shows, besides the parameters."""


def read() -> list[Entry]:
    """Read the catalogue of all plugins but the blocked ones from the index, or make it if anything has changed."""
    blocked, files = sources.blocked(), sources.files()
    if not files and (stored := index.load(blocked)) is not None:  # the index leaves out files named by the user
        return stored
    from .registry import registry  # slow: it imports torch

    found = registry()
    if not files and not found.failures:  # a failed plugin may load the next time
        index.save(blocked, entries(found), {plugin.module for plugin in found.plugins.values()})
    return entries(found)


def entries(registry: Registry) -> list[Entry]:
    """List every component and every plugin, those that were left out included."""
    components = [
        {
            "kind": kind,
            "name": name,
            "description": component.description(),
            "documentation": inspect.cleandoc(component.__doc__ or "") if component.description() else "",
            "about": inspect.cleandoc(sys.modules[component.__module__].__doc__ or ""),
            "parameters": specs.describe(component),
            "facts": json.loads(json.dumps(_facts(kind, component), default=_plain)),
            "file": inspect.getsourcefile(component),
            "plugin": registry.origin[component].name,
            "distribution": registry.origin[component].distribution,
            "version": registry.origin[component].version,
        }
        for kind in KIND_NAMES
        for name, component in registry.of(kind).items()
    ]
    return components + [{"kind": "plugin", **vars(plugin)} for plugin in registry.plugins.values()]


def _facts(kind: str, component: type[Component]) -> dict[str, Any]:
    return {fact: getattr(component, fact) for fact in FACTS.get(kind, ())}


def _plain(value: Any) -> Any:
    """Return what JSON shows of a class attribute that it lacks; only an instance has the value of a property."""
    if isinstance(value, property):
        return "depends on the parameters"
    return vars(value) if isinstance(value, Recipe) else str(value)


def select(catalogue: Iterable[Entry], what: str | None) -> list[Entry]:
    """Select all components, those of a kind (`models`, `model`), or of a name. Raises SpecError if there are none."""
    found = [e for e in catalogue if e["kind"] != "plugin"]
    known = {f"{kind}s" for kind in KIND_NAMES} | {e["name"] for e in found}
    if what is not None and what not in known | {*KIND_NAMES}:
        raise SpecError(f"there is no component '{what}': {did_you_mean(what, known)}")
    return [e for e in found if what in (None, e["kind"], f"{e['kind']}s", e["name"])]


def as_text(entries: list[Entry]) -> str:
    """Format entries for people, one line per component, parameter or plugin."""
    lines: list[str] = []
    for kind, members in groupby(entries, lambda entry: entry["kind"]):
        lines += ["", kind.upper() + "S"]
        for entry in members:
            origin = f"  [{entry['distribution']} {entry['version']}]"
            if kind == "plugin":
                lines += [f"  {entry['name']}{origin}  {', '.join(entry['brings'])}"]
                lines += [f"      warning: {warning}" for warning in entry["warnings"]]
                lines += [f"      left out: {entry['error']}"] if entry["error"] else []
            else:
                origin = "" if entry["distribution"] == sources.DISTRIBUTION else origin
                lines += [f"  {entry['name']}: {entry['description']}{origin}", *_parameters(entry)]
    return "\n".join(lines[1:])


def _parameters(entry: Entry) -> Iterator[str]:
    for parameter in entry["parameters"]:
        default = "…" if parameter["default"] is None else parameter["default"]
        unit, help = (f" {parameter[part]}" if parameter[part] else "" for part in ("unit", "help"))
        yield f"      {parameter['name']}={default}{unit}{' —' * bool(help)}{help} ({parameter['legal']})"


def in_full(entry: Entry) -> str:
    """Format everything about one component, for people."""
    parts = [entry["documentation"] or entry["description"], entry["about"]]
    lines = [f"{entry['kind']} {entry['name']}  [{entry['distribution']} {entry['version']}, plugin {entry['plugin']}]"]
    for part in parts:
        lines += ["", *(f"  {line}".rstrip() for line in part.splitlines())] if part else []
    if entry["parameters"]:
        lines += ["", "  Parameters", *_parameters(entry)]
    facts = [
        f"      {name}: {_fact(value)}" for name, value in entry["facts"].items() if value not in ("", [], {}, None)
    ]
    if facts:
        lines += ["", "  Facts", *facts]
    return "\n".join([*lines, "", f"  {entry['file']}"])


def _fact(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_fact(v)}" for name, v in value.items() if v is not None)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
