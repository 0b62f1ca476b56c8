"""Processes that are waited for by several threads at once."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchbench.processes import ChildProcess, outcome, step

CALLS = 100


def test_each_thread_learns_how_its_own_process_ended() -> None:
    """The end of a process can be read but once, and every start of another one asks for it."""

    def end(number: int) -> str | None:
        return outcome(ChildProcess(step(os._exit, number)))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(end, range(CALLS)))
    assert found == [f"the process ended by itself with exit code {number}" for number in range(CALLS)]


def test_what_whoever_looks_raises_ends_the_call() -> None:
    looks: list[None] = []
    assert outcome(ChildProcess(step(os.getpid)), lambda: looks.append(None)) is None
    assert looks, "a last time at least"
    call = ChildProcess(step(time.sleep, 600))

    def look() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        outcome(call, look)
    assert call.is_over()
