"""What every test has: importable helpers, a cache of its own, no plugin blocked from outside, one CPU thread."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import hypothesis
import pytest

sys.path.insert(0, str(Path(__file__).parent / "helpers"))

hypothesis.settings.register_profile("benchbench", deadline=None, derandomize=True, print_blob=False)
hypothesis.settings.load_profile("benchbench")


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that BENCHBENCH_CACHE names during the test."""
    folder = tmp_path / "benchbench-cache"
    monkeypatch.setenv("BENCHBENCH_CACHE", str(folder))
    monkeypatch.setenv("BENCHBENCH_BLOCK", "")
    monkeypatch.setenv("BENCHBENCH_PLUGINS", "")
    return folder


@pytest.fixture
def write_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], Path]]:
    """A function that writes an importable module, `write_module("package.name", source)`, and gives its file."""
    folder = tmp_path / "modules"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])

    def write(name: str, source: str) -> Path:
        path = folder.joinpath(*name.split(".")).with_suffix(".py")
        for package in path.relative_to(folder).parents[:-1]:
            (folder / package).mkdir(parents=True, exist_ok=True)
            (folder / package / "__init__.py").touch()
        path.write_text(dedent(source), encoding="utf-8")
        importlib.invalidate_caches()
        return path

    yield write
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]
