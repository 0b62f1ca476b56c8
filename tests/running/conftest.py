"""What tests of runs share: toy portraits in the cache, which saves a process, and a run to be killed."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import command
import pytest


@pytest.fixture(autouse=True)
def _prepared(cache: Path, toy_cache: Path) -> None:
    shutil.copytree(toy_cache, cache)


@pytest.fixture(autouse=True)
def _hears_ctrl_c() -> Iterator[None]:
    """Processes hear SIGINT as at a prompt, also where pytest was started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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
