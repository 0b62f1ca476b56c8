"""A run that is killed at random instants, again and again, ends in the same numbers.

BENCHBENCH_KILLS=50 kills it fifty times.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from command import board, numbers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
KILLS = int(os.environ.get("BENCHBENCH_KILLS", 20))


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
