"""Standard streams that are closed, full, without a reader, or not to be waited for: the work is done all the same."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.skipif(os.name != "posix", reason="closes descriptors by the shell, and needs /dev/full")
LOST = "benchbench: the standard output could not be written: No space left on device\n"
GONE = "| { exec <&-; sleep 0.3; }; exit ${PIPESTATUS[0]}"  # whoever reads has gone before there is much to read
STREAMS = {
    "no input": "<&-",
    "no output": ">&-",
    "no errors": "2>&-",
    "none": "<&- >&- 2>&-",
    "full": ">/dev/full",
    "all full": ">/dev/full 2>&1",
    "a reader that goes": GONE,
    "one that goes from both": "2>&1 " + GONE,
}


def shell(command: Sequence[object], streams: str, **more: object) -> subprocess.CompletedProcess[str]:
    """Run a command of this Python with its streams as the shell is told."""
    words = [sys.executable, *map(str, command)]
    text = ["bash", "-c", f'"$0" "$@" {streams}', *words]
    return subprocess.run(text, capture_output=True, text=True, timeout=100, **more)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("streams", STREAMS)
def test_a_command_ends_as_always_or_says_in_a_line_what_was_lost(streams: str) -> None:
    done = shell(["-m", "benchbench", "--help"], STREAMS[streams])
    full = "full" in streams
    assert done.returncode == (2 if full else 0)
    assert done.stderr == (LOST if streams == "full" else "")


@pytest.mark.parametrize("streams", ["none", "all full", "one that goes from both"])
def test_a_mistake_has_its_exit_code_wherever_its_line_goes(streams: str) -> None:
    done = shell(["-m", "benchbench", "rnu"], STREAMS[streams])
    assert (done.returncode, done.stderr) == (2, "")


def test_nothing_that_is_opened_later_gets_the_number_of_a_closed_stream() -> None:
    """Or what is printed, by a library or a child process, would go there."""
    script = """
import os, subprocess, sys
from benchbench import streams
streams.set_up()
file = open(sys.argv[1], "wb")
assert file.fileno() > 2
assert all(os.get_inheritable(number) for number in range(3))
print("this"), print("that", file=sys.stderr), os.write(1, b"these")
subprocess.run(["echo", "those"], check=True)
file.write(b"alone")
"""
    read, write = os.pipe()
    try:
        done = shell(["-c", script, f"/dev/fd/{write}"], STREAMS["none"], pass_fds=[write])
        assert done.returncode == 0
        assert os.read(read, 100) == b"alone"
    finally:
        os.close(read), os.close(write)


def test_a_stream_that_does_not_wait_is_waited_for() -> None:
    """As a terminal is left by programs that share it."""
    script = (
        "import os\nfrom benchbench import streams\nos.set_blocking(1, False)\nstreams.set_up()\nprint('x' * 300_000)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        time.sleep(0.5)  # the pipe is full by now
        out, err = process.communicate()
    assert (len(out), err, process.returncode) == (300_001, b"", 0)


@pytest.mark.slow
@pytest.mark.parametrize("streams", ["none", "all full", "one that goes from both"])
def test_work_is_done_wherever_its_output_goes(streams: str, tmp_path: Path) -> None:
    run = ["run", "--dataset", "faces:n=40", "--size", "16", "--model", "bicubic", "--metric", "psnr", "--jobs", "1"]
    photograph, code = tmp_path / "me.png", 2 if streams == "all full" else 0
    Image.new("RGB", (32, 32)).save(photograph)
    for command in (
        [*run, "--degrade", "pixelate", "--device", "cpu", "--out", "runs"],
        ["leaderboard", "build", "--runs", "runs", "--out", "boards"],
        ["degrade", photograph, "--with", "pixelate"],
    ):
        assert shell(["-m", "benchbench", *command], STREAMS[streams], cwd=tmp_path).returncode == code
    [result] = tmp_path.glob("runs/*/*/bicubic/*/result.json")
    assert '"scored"' in result.read_text()
    [board] = tmp_path.glob("boards/*/pixelate.md")
    assert "bicubic" in board.read_text()
    assert (tmp_path / "me-pixelate.png").is_file()
