"""A real run, made once, and copies of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from submitting import RUN

from benchbench.cli import main


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run with its restored images, in `runs`, and the cache that it used, in `cache`."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("BENCHBENCH_CACHE", str(folder / "cache"))
        result = CliRunner().invoke(main, [*RUN, "--out", str(folder / "runs")])
        assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def runs(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the run, with its data at hand."""
    monkeypatch.setenv("BENCHBENCH_CACHE", str(made / "cache"))
    shutil.copytree(made / "runs", tmp_path / "runs")
    return tmp_path / "runs"
