"""Mistakes in a request, and disks that cannot be written: one line, before anything is lost."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
from jobs import Recorder, go

from benchbench import BenchbenchError, SpecError
from benchbench.results import store


@pytest.mark.parametrize(("options", "message"), [
    ({"model": ("tiny-conf",)}, "unknown model 'tiny-conf': did you mean 'tiny-conv'"),
    ({"degradation": ("darken:factor=7",)}, "factor=7 is not legal"),
    ({"metric": ("peek",)}, "unknown metric 'peek'"),
    ({"budget": "much"}, "'much' is no budget"),
    ({"budget": "recipe", "tune": True}, "--tune is for all budgets but recipe"),
    ({"device": "cuda:99"}, "device 'cuda:99' cannot be used"),
    ({"device": "toaster"}, "device 'toaster' cannot be used"),
])  # fmt: skip
def test_a_mistake_is_told_before_anything_is_written(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        go(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_an_output_folder_that_cannot_be_written_is_told_first(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchbenchError, match=r"cannot write to .*file"):
        go(tmp_path / "file" / "out", model=("identity",))


def test_a_nearly_full_disk_is_told_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchbench.running.workspace.LEAST_FREE_BYTES", 10**18)
    with pytest.raises(BenchbenchError, match="MB are free"):
        go(tmp_path, model=("identity",))


def test_a_disk_that_is_full_by_now_stops_the_run_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store, "write_json", full)  # here; the trials' processes have their own
    with pytest.raises(BenchbenchError, match=r"cannot write to .*: No space left on device; the same command goes on"):
        go(tmp_path, model=("identity", "faulty:deed=os._exit"), jobs=1)
    monkeypatch.undo()
    recorder = Recorder()
    go(tmp_path, recorder, model=("identity", "faulty:deed=os._exit"))
    assert recorder.plans == [(2, 1)]


def test_a_cache_that_cannot_be_written_names_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BENCHBENCH_CACHE", str(tmp_path / "file"))
    with pytest.raises(BenchbenchError, match=r"cannot write to .*file: .*; name another in BENCHBENCH_CACHE"):
        go(tmp_path / "out", model=("identity",))
