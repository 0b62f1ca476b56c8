"""Sources of small plugins, and what a registry with the toys must show."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

from benchbench.registry.registry import Registry
from benchbench.registry.sources import GROUP

Write = Callable[[str, str], Path]
TOYS = EntryPoint("toys", "toys", GROUP)
HEAD = """
    from dataclasses import dataclass
    from typing import ClassVar
    from benchbench import Dataset, Degradation, Degraded, Metric, Model, Range, Recipe, hookimpl, param

"""
FOG = (
    HEAD
    + """
    @hookimpl
    def benchbench_degradations():
        return [{brings}]

    {decorator}
    class Fog(Degradation):
        name = {name!r}
        {body}

        def apply(self, clean, draw):
            return Degraded(clean)
"""
)


def fog(brings: str = "Fog", decorator: str = "@dataclass(frozen=True)", name: object = "fog", body: str = "") -> str:
    """The source of a plugin with one degradation."""
    return FOG.format(brings=brings, decorator=decorator, name=name, body=body)


def assert_toys_are_there(registry: Registry) -> None:
    assert set(registry.of("degradation")) >= {"darken", "grain"}
    assert list(registry.of("model")) == ["identity", "oracle", "tiny-conv"]
    assert registry.plugins["toys"].error is None


def failure(registry: Registry) -> str:
    """The error of the only plugin that failed."""
    [plugin] = registry.failures
    assert plugin.name == "strange_plugin_0"
    return plugin.error or ""
