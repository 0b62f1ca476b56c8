"""Scripts as people write them: on stdin, without a guard of `__main__`, and stopped by Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SCRIPT = """
import sys, time
from dataclasses import dataclass
from pathlib import Path

import benchbench as bb
from torch import nn

HERE = Path(sys.argv[1])

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, images):
        if self.training and (HERE / "slow").exists():
            (HERE / "at-work").touch()
            time.sleep(0.2)
        return self.layer(images)

@dataclass(frozen=True)
class Mine(bb.Model):
    name = "mine"

    def build(self, task):
        return Net()

here = {"degrade": "pixelate", "dataset": "faces:n=40", "metric": "psnr", "size": 16, "budget": "8epochs"}
board = bb.run(model=["identity", Mine], out=HERE / "runs", device="cpu", with_references=False, jobs=1, **here)
print(board.to_pandas()[["model", "psnr"]].to_csv(index=False))
"""


def begin(folder: Path) -> subprocess.Popen[str]:
    """Start the script as a shell does that reads it from a pipe; it hears SIGINT, as at a prompt."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-", folder], text=True, start_new_session=True, **pipes)
    signal.signal(signal.SIGINT, before)
    assert process.stdin is not None
    process.stdin.write(SCRIPT)
    process.stdin.close()
    process.stdin = None
    return process


def run(folder: Path) -> tuple[str, str]:
    """Run the script to its end; return what it said, and its table."""
    process = begin(folder)
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    told, _, table = output.partition("model,psnr\n")
    return told, table


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The folder of a run that nothing disturbed, what it said, and its table."""
    folder = tmp_path_factory.mktemp("script")
    return folder, *run(folder)


def test_a_script_on_stdin_needs_no_guard_and_its_second_run_does_nothing(finished: tuple[Path, str, str]) -> None:
    folder, told, table = finished
    assert "2 trials on 1 board: 0 done already, 2 to run" in told
    assert {line.split(",")[0] for line in table.split()} == {"identity", "mine"}
    again, same = run(folder)
    assert "2 trials on 1 board: 2 done already, 0 to run" in again
    assert same == table


def test_ctrl_c_ends_the_trials_and_the_same_script_goes_on_to_the_same_numbers(
    finished: tuple[Path, str, str], tmp_path: Path
) -> None:
    (tmp_path / "slow").touch()
    process = begin(tmp_path)
    while not (tmp_path / "at-work").exists():
        assert process.poll() is None
        time.sleep(0.05)
    family = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGINT, 130), errors
    assert "KeyboardInterrupt: stopped; the same call goes on, and leaderboard(" in errors
    assert "model,psnr" not in output
    assert not psutil.wait_procs(family, timeout=30)[1]
    (tmp_path / "slow").unlink()
    told, table = run(tmp_path)
    assert "2 trials on 1 board: 1 done already, 1 to run" in told
    assert table == finished[2]
