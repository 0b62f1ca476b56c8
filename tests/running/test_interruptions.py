"""What takes processes, kills and installations: run with `pytest -m slow`."""

from __future__ import annotations

import itertools
import os
import random
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
KILLS = 50
BENCHBENCH = [sys.executable, "-m", "benchbench"]
RUN = ["run", "--dataset", "faces:n=200", "--size", "32", "--budget", "1TFLOP", "--device", "cpu", "--quiet"]


@pytest.fixture
def toy_run(tmp_path: Path) -> Callable[[Path], subprocess.Popen[bytes]]:
    """A function that starts a run of small trials with an output folder, in a process group of its own."""
    env = command.environment(tmp_path / "site", "toys", "faulty", cache=tmp_path / "cache")
    trials = [
        *command.options("--model", "identity", "oracle", "tiny-conv", "slow"),
        *command.options("--seed", 0, 1, 2),
    ]

    def start(out: Path) -> subprocess.Popen[bytes]:
        (tmp_path / "messages").touch()
        with (tmp_path / "messages").open("ab") as messages:
            return subprocess.Popen(
                [*command.RUN, *trials, "--budget", "8epochs", "--jobs", "2", "--quiet", "--out", out],
                env=env, start_new_session=True, stdout=messages, stderr=messages,
            )  # fmt: skip

    return start


@pytest.mark.timeout(3600)
def test_a_run_killed_at_random_instants_ends_in_the_same_numbers(
    tmp_path: Path, toy_run: Callable[[Path], subprocess.Popen[bytes]]
) -> None:
    whole = tmp_path / "whole"
    assert toy_run(whole).wait() == 0
    began = time.monotonic()
    assert toy_run(tmp_path / "again").wait() == 0  # with the data prepared, as all that follow
    duration = time.monotonic() - began
    chance, kills, at_work = random.Random(0), 0, 0
    for position in itertools.count():
        out = tmp_path / f"killed-{position}"
        known: dict[str, object] = {}
        while kills < KILLS:
            process = toy_run(out)
            try:
                assert process.wait(chance.uniform(0.1, 0.9) * duration) == 0
                break
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            kills += 1
            at_work += bool(list(out.rglob("*.partial")))
            assert known.items() <= (known := numbers(out)).items(), "a result was lost, or became another one"
        assert toy_run(out).wait() == 0
        assert numbers(out) == numbers(whole)
        assert board(out) == board(whole)
        assert not [*out.rglob("*.partial"), *out.glob("*/*/*/*/.*")], "what a kill left unfinished has stayed"
        print(f"{kills} kills, {at_work} of them while a trial was at work, in {time.monotonic() - began:.0f} s")
        if kills == KILLS:
            break
    assert at_work >= KILLS / 5, "the kills hit nothing: give the run more to do"


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
            assert process.poll() is None
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
    messages = [line for line in messages[1:] if line.strip() and "a tracker without a network" not in line]
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
    assert not list((tmp_path / "out").rglob("checkpoint*"))


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
