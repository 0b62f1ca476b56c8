"""What a stranger's command leaves behind ends with it, also without bubblewrap."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from benchbench.entrants.sandbox import Sandbox
from benchbench.processes import Limits

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="Linux alone gives orphans to another process than the first"),
]
DAEMON = """
import os, sys, time
if not os.fork():
    os.setsid()
    os.execv("/bin/sleep", ["sleep", sys.argv[1]])
"""
KILLS_WHO_WAITS = DAEMON + "os.kill(os.getppid(), 9)\ntime.sleep(60)\n"
STAYS = DAEMON + "time.sleep(60)\n"
OUTER = """
import sys
from pathlib import Path
from benchbench.entrants.sandbox import Sandbox
from benchbench.processes import Limits
Sandbox(Path(sys.argv[1]), Limits(60), False).run([sys.executable, "-c", sys.argv[2], sys.argv[3]], Path(sys.argv[4]))
"""


def named(mark: str) -> list[psutil.Process]:
    """The processes of a daemon."""
    return [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", mark]]


def test_a_daemon_ends_though_its_command_killed_whoever_waits_for_it(tmp_path: Path) -> None:
    mark = "98765.111"
    end = Sandbox(tmp_path, Limits(60), False).run([sys.executable, "-c", KILLS_WHO_WAITS, mark], tmp_path / "out")
    left = named(mark)
    for process in left:
        process.kill()
    assert ("SIGKILL" in str(end), left) == (True, [])


def test_a_daemon_ends_with_benchbench_when_that_is_killed(tmp_path: Path) -> None:
    mark, output = "98765.222", str(tmp_path / "out")
    outer = subprocess.Popen([sys.executable, "-c", OUTER, str(tmp_path), STAYS, mark, output])
    try:
        while not (found := named(mark)):
            assert outer.poll() is None
            time.sleep(0.1)
    finally:
        outer.send_signal(signal.SIGKILL)
        outer.wait()
    _, alive = psutil.wait_procs(found, timeout=30)
    for process in alive:
        process.kill()
    assert alive == []
