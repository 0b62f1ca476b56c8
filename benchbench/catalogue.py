"""The catalogue: what is registered, in plain values and as text."""

from __future__ import annotations

from typing import Any

from . import specs
from .plugins import KINDS, Registry


def components(registry: Registry, kind: str | None = None) -> list[dict[str, Any]]:
    """Every component (of one kind, in the plural, or of all) with its parameters and where it came from."""
    kinds = [kind.removesuffix("s")] if kind else list(KINDS)
    return [
        {
            "kind": k,
            "name": name,
            "description": component.description(),
            "parameters": list(specs.describe(component)),
            "plugin": registry.origin[component].name,
            "distribution": registry.origin[component].distribution,
            "version": registry.origin[component].version,
        }
        for k in kinds
        for name, component in registry.of(k).items()
    ]


def plugins(registry: Registry) -> list[dict[str, Any]]:
    """Every plugin, also those that could not be loaded."""
    return [{"kind": "plugin", **vars(plugin)} for plugin in registry.plugins.values()]


def as_text(entries: list[dict[str, Any]]) -> str:
    """The catalogue for people."""
    lines: list[str] = []
    kind = None
    for entry in entries:
        if entry["kind"] != kind:
            kind = entry["kind"]
            lines += ["", kind.upper() + "S"]
        lines += _plugin(entry) if kind == "plugin" else _component(entry)
    return "\n".join(lines[1:])


def _component(entry: dict[str, Any]) -> list[str]:
    origin = "" if entry["distribution"] == "benchbench" else f"  [{entry['distribution']} {entry['version']}]"
    return [f"  {entry['name']}: {entry['description']}{origin}", *(f"      {line}" for line in entry["parameters"])]


def _plugin(entry: dict[str, Any]) -> list[str]:
    lines = [f"  {entry['name']}  [{entry['distribution']} {entry['version']}]  {', '.join(entry['brings'])}"]
    return lines + ([f"      left out: {entry['error']}"] if entry["error"] else [])
