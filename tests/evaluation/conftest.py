"""Darkened toy portraits to be restored."""

from __future__ import annotations

from pathlib import Path

import pytest
from toys import Darken, ToyFaces, portraits

from benchbench.data.degraded import DegradedSet, degraded_set


@pytest.fixture
def pairs(cache: Path) -> DegradedSet:
    return degraded_set(portraits(cache, ToyFaces(n=600)), "test", Darken(), cache)
