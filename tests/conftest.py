"""What every test has: importable helpers, a cache of its own, no plugin blocked from outside, one CPU thread."""

from __future__ import annotations

import sys
from pathlib import Path

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
    monkeypatch.delenv("BENCHBENCH_BLOCK", raising=False)
    return folder
