"""What every test has: importable helpers, a cache of its own, no plugin blocked from outside, one CPU thread.

Tests run in as many processes as the machine bears; `-n 0` runs them in this one, as do `--pdb` and `-p no:xdist`.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import hypothesis
import pytest

from benchbench import devices

sys.path.insert(0, str(Path(__file__).parent / "helpers"))

hypothesis.settings.register_profile("benchbench", deadline=None, derandomize=True, print_blob=False)
hypothesis.settings.load_profile("benchbench")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Runs the tests in parallel where nothing else is asked for; timings are taken in one process."""
    option, is_worker = config.option, "PYTEST_XDIST_WORKER" in os.environ
    possible = config.pluginmanager.hasplugin("xdist") and not is_worker and not option.benchmark_enable
    if possible and option.numprocesses is None:
        option.numprocesses = "auto"
        option.dist = "worksteal" if option.dist == "no" else option.dist


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """As many as the cores and the memory that a container grants, which xdist does not ask for."""
    return int(os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") or devices.default_jobs("cpu", threads=1))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that are given the most time begin first, so that none is left at work alone."""
    marks = {item: item.get_closest_marker("timeout") for item in items}
    items.sort(key=lambda item: -marks[item].args[0] if marks[item] else 0)


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


@pytest.fixture(scope="session")
def toy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the toy portraits, as a first run leaves it."""
    import toys

    folder = tmp_path_factory.mktemp("toy-cache")
    toys.portraits(folder)
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
