"""What takes processes, kills and installations: run with `pytest -m slow`."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchbench import store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
BENCHBENCH = [sys.executable, "-m", "benchbench"]
RUN = ["run", "--dataset", "faces:n=200", "--size", "32", "--budget", "1TFLOP", "--device", "cpu", "--quiet"]
MODELS = ["--model", "identity", "--model", "autoencoder", "--model", "unet"]


def numbers(out: Path) -> dict[str, object]:
    """All that must be reproducible of the results in a folder."""
    found: dict[str, object] = {}
    for folder, result in store.find(out):
        assert isinstance(result, store.Result), result
        where = str(folder.relative_to(out))
        found[where] = tuple(result.content.get(part) for part in ("status", "scores", "training", "metrics", "model"))
    return found


def board(out: Path) -> bytes:
    return next(out.glob("leaderboards/*/*.md")).read_bytes()


def test_a_run_killed_at_random_instants_ends_in_the_same_numbers(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run([*BENCHBENCH, *RUN, *MODELS, "--out", whole], check=True)
    chance = random.Random(0)
    kills = 0
    for _ in range(8):
        process = subprocess.Popen([*BENCHBENCH, *RUN, *MODELS, "--out", killed], start_new_session=True)
        try:
            process.wait(chance.uniform(2, 9))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
        for _folder, result in store.find(killed):
            assert isinstance(result, store.Result), f"a kill left a half-written result: {result}"
    assert kills >= 3
    subprocess.run([*BENCHBENCH, *RUN, *MODELS, "--out", killed], check=True)
    assert numbers(killed) == numbers(whole)
    assert board(killed) == board(whole)


def test_a_checkpoint_is_taken_up_and_gives_the_same_numbers(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    long = [*BENCHBENCH, *RUN[:-3], "--quiet", "--device", "cpu", "--model", "unet", "--budget", "3TFLOP"]
    process = subprocess.Popen([*long, "--out", killed], start_new_session=True)
    deadline = time.monotonic() + 120
    while not list(killed.rglob("checkpoint.safetensors")) and time.monotonic() < deadline:
        assert process.poll() is None, "the run ended before its first checkpoint: give it more to do"
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert list(killed.rglob("checkpoint.safetensors"))
    subprocess.run([*long, "--out", killed], check=True)
    subprocess.run([*long, "--out", whole], check=True)
    assert numbers(killed) == numbers(whole)
