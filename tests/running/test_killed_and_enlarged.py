"""A real training that is killed, goes on, is given a larger budget, and is killed again: the board of one at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchbench.results import store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
FIRST, WHOLE, SECONDS = os.environ.get("BENCHBENCH_TEST_GOING_ON", "0.1TFLOP 0.5TFLOP 0").split()
"""Two budgets, and how long after it was scored first a training is killed: `1TFLOP 5TFLOP 12` takes some minutes."""


def start(out: Path, budget: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchbench", "run", "--quiet", "--dataset", "faces:n=200", "--size", "32", "--degrade",
         "pixelate", "--model", "big-cnn", "--metric", "psnr", "--seed", "0", "--budget", budget, "--out", str(out)],
        start_new_session=True,
    )  # fmt: skip


def kill_at_work(out: Path, budget: str) -> None:
    """Start a run, and kill it and its children once its training has been scored, or so many seconds later."""
    process = start(out, budget)
    while not list(out.glob(f"*/*/*/*{store.WORK}/{store.WEIGHTS}")):
        assert process.poll() is None, "it ended before it could be killed: give it more to do"
        time.sleep(0.01)
    time.sleep(float(SECONDS))
    assert list(out.glob(f"*/*/*/*{store.WORK}")), "it ended before it could be killed: give it more to do"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def boards(out: Path) -> dict[str, bytes]:
    """All files of boards but those that show times."""
    files = (path for path in (out / "leaderboards").rglob("*") if path.is_file())
    return {p.name: p.read_bytes() for p in files if not p.name.endswith((".speed.md", "-curve.webp"))}


def test_killed_twice_and_enlarged_it_is_the_training_at_once(tmp_path: Path) -> None:
    assert start(tmp_path / "once", WHOLE).wait() == 0
    out = tmp_path / "twice"
    kill_at_work(out, FIRST)
    assert start(out, FIRST).wait() == 0
    kill_at_work(out, WHOLE)
    assert start(out, WHOLE).wait() == 0
    found, expected = boards(out), boards(tmp_path / "once")
    assert {"pixelate.md", "pixelate.csv", "pixelate.json", "pixelate-learning.webp"} <= expected.keys()
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []
