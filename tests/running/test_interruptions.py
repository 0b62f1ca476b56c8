"""Runs that are interrupted, or share a folder: they say how to go on, and go on to the same numbers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import command
import psutil
import pytest
from command import board, numbers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
BENCHBENCH = [sys.executable, "-m", "benchbench"]
RUN = ["run", "--dataset", "faces:n=200", "--size", "32", "--budget", "1TFLOP", "--device", "cpu", "--quiet"]


def test_two_runs_in_one_folder_at_once_do_no_trial_twice_and_lose_none(
    tmp_path: Path, toy_run: Callable[[Path], subprocess.Popen[bytes]]
) -> None:
    assert toy_run(tmp_path / "alone").wait() == 0
    both = [toy_run(tmp_path / "shared") for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert numbers(tmp_path / "shared") == numbers(tmp_path / "alone")
    assert board(tmp_path / "shared") == board(tmp_path / "alone")
    steps = [log.read_text().count("step\n") for log in (tmp_path / "shared").rglob("slow/*/log.txt")]
    assert steps == [25] * 3  # 8 epochs of 3 batches, and one to count the FLOPs
    assert not list((tmp_path / "shared").rglob("*.partial"))


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_says_how_to_go_on_and_leaves_nobody_at_work(tmp_path: Path, times: int) -> None:
    env = command.environment(tmp_path / "site", "toys", "faulty", cache=tmp_path / "cache")
    arguments = [*command.options("--model", "identity", "slow"), "--budget", "8epochs", "--jobs", "1", "--out"]
    with subprocess.Popen(
        [*command.RUN, *arguments, tmp_path / "out"], env=env, start_new_session=True, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        while not list((tmp_path / "out").rglob("slow/*.partial/log.txt")):
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.02)
        family = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)
        assert process.stderr is not None
        messages = [process.stderr.readline()]
        assert "stopping: the boards of what is done are written; Ctrl-C again stops at once" in messages[0]
        if times == 2:
            os.killpg(process.pid, signal.SIGINT)
        messages += process.stderr.readlines()
    assert process.returncode == 130
    known = ("a tracker without a network", "Ctrl-C again stops at once")  # a Ctrl-C in the very print prints it twice
    messages = [line for line in messages[1:] if line.strip() and not any(text in line for text in known)]
    assert messages == ["benchbench: stopped; the same command goes on from here\n"]
    assert not psutil.wait_procs(family, timeout=30)[1]
    if times == 1:
        assert b"identity" in board(tmp_path / "out")["darken.md"]
    command.run(*arguments, tmp_path / "out", env=env, code=0)
    command.run(*arguments, tmp_path / "whole", env=env, code=0)
    assert numbers(tmp_path / "out") == numbers(tmp_path / "whole")
    assert board(tmp_path / "out") == board(tmp_path / "whole")


def test_a_trial_that_took_too_long_goes_on_where_it_was_given_up(tmp_path: Path) -> None:
    env = command.environment(tmp_path / "site", "toys", "faulty", cache=tmp_path / "cache")
    arguments = ["--model", "slow:seconds=1", "--budget", "11epochs", "--out"]
    with subprocess.Popen([*command.RUN, *arguments, tmp_path / "whole", "--quiet"], env=env) as undisturbed:
        command.run(*arguments, tmp_path / "out", "--timeout", "25", env=env, code=1)
        assert list((tmp_path / "out").rglob("slow*/*/checkpoint.safetensors"))
        command.run(*arguments, tmp_path / "out", env=env, code=0)
    assert undisturbed.returncode == 0
    (log,) = (tmp_path / "out").rglob("slow*/*/log.txt")
    assert log.read_text().count("step\n") < 34  # 11 epochs of 3 batches, and one to count the FLOPs
    assert numbers(tmp_path / "out") == numbers(tmp_path / "whole")


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
