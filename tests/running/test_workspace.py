"""The folders of a trial, and its log."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LOGGING = """
import os, sys
from pathlib import Path
from benchbench import streams
from benchbench.running.workspace import log_to
streams.set_up_child()
log_to(Path(sys.argv[1]))
print("größer")
os.write(2, b"a library\\n")
"""


@pytest.mark.parametrize("stdout", [subprocess.DEVNULL, subprocess.PIPE], ids=["file", "pipe"])
@pytest.mark.parametrize("stderr", [subprocess.DEVNULL, subprocess.PIPE], ids=["file", "pipe"])
def test_a_log_gets_all_whatever_the_standard_streams_are(tmp_path: Path, stdout: int, stderr: int) -> None:
    log = tmp_path / "log.txt"
    environment = {"PYTHONIOENCODING": "ascii"}
    subprocess.run(
        [sys.executable, "-c", LOGGING, log], check=True, stdout=stdout, stderr=stderr, env=os.environ | environment
    )
    assert sorted(log.read_text(encoding="utf-8").splitlines()) == ["a library", "größer"]
