"""A run as on Windows, where there is no fork server: each process starts from nothing."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from jobs import go, statuses

from benchbench import processes

pytestmark = pytest.mark.slow


def test_a_run_works_where_processes_are_spawned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    assert processes.context().get_start_method() == "spawn"
    done = go(tmp_path, model=["identity", "tiny-conv"], degradation=["darken"])
    assert set(statuses(done).values()) == {"scored"}
