"""Registries of plugins that a test writes."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint

import pytest
from fogs import TOYS, Write

from benchbench.registry.registry import Registry, load
from benchbench.registry.sources import GROUP


@pytest.fixture
def load_with_toys(write_module: Write) -> Callable[..., Registry]:
    """A function that loads plugins of these sources together with the toys."""

    def loaded(*sources: str, blocked: frozenset[str] = frozenset()) -> Registry:
        names = [f"strange_plugin_{i}" for i in range(len(sources))]
        for name, source in zip(names, sources, strict=True):
            write_module(name, source)
        return load([*(EntryPoint(name, name, GROUP) for name in names), TOYS], blocked)

    return loaded
