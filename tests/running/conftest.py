"""Runs find the toy portraits in their cache: a process less for each of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _prepared(cache: Path, toy_cache: Path) -> None:
    shutil.copytree(toy_cache, cache)
