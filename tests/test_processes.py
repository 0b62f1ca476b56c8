"""Calls in child processes: what they tell, how they end, and their limits, for several at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from children import babble, begin_and_wait, close_all, plot, tell, tell_and_hang

from benchbench.processes import LONGEST_MESSAGE, Cancelled, ChildProcess, Limits, Pool, tell_parent

CALLS = 100


def test_each_thread_learns_how_its_own_process_ended() -> None:
    """The end of a process can be read but once, and every start of another one asks for it."""
    with Pool(8) as pool:
        found = [pool.submit(ChildProcess(os._exit, number)) for number in range(CALLS)]
        reasons = [future.result() for future in found]
    assert reasons == [f"the process ended by itself with exit code {number}" for number in range(CALLS)]


def test_a_limit_ends_each_process_whatever_the_others_do() -> None:
    began = time.monotonic()
    with Pool(3, Limits(seconds=3)) as pool:
        head, hang, quick = (pool.submit(ChildProcess(time.sleep, seconds)) for seconds in (2, 600, 0))
        assert hang.result() == "took longer than 3 s; --timeout allows it more"
        assert (head.result(), quick.result()) == (None, None)
    assert time.monotonic() - began < 60


def test_what_a_call_raises_is_told_in_one_line() -> None:
    assert ChildProcess(int, "four").run() == "ValueError: invalid literal for int() with base 10: 'four'"
    assert ChildProcess(sys.exit, 3).run() == "SystemExit: 3"
    assert ChildProcess(os.kill, 0, signal.SIGKILL).run() == "the process was killed by SIGKILL (out of memory?)"


def test_texts_arrive_whole_and_in_order_and_one_that_is_too_long_is_dropped() -> None:
    heard: list[str] = []
    texts = [f"{number} é" for number in range(2000)]
    assert ChildProcess(tell, *texts, "x" * LONGEST_MESSAGE, "last").run(hear=heard.append) is None
    assert heard == [*texts, "last"]
    tell_parent("nobody waits for this process")


def test_no_notebook_chooses_where_a_child_process_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "module://no_such_module.backend")
    heard: list[str] = []
    assert ChildProcess(plot).run(hear=heard.append) is None
    assert heard == ["agg"]


def test_a_process_that_never_stops_telling_has_its_limits_too() -> None:
    with Pool(1, Limits(seconds=2)) as pool:
        done = pool.submit(ChildProcess(babble))
        assert done.result(timeout=60) == "took longer than 2 s; --timeout allows it more"


def test_a_process_that_closes_its_pipe_is_known_by_its_exit_code() -> None:
    with Pool(24) as pool:  # so many that some close it before they have begun to look after their parent
        reasons = [future.result() for future in [pool.submit(ChildProcess(close_all)) for _ in range(24)]]
    assert set(reasons) == {"the process ended by itself with exit code 4"}


def test_what_cannot_be_pickled_is_known_before_anything_starts() -> None:
    with pytest.raises(Exception, match="pickle"):
        ChildProcess(lambda lock: None, threading.Lock())


def test_leaving_a_pool_ends_what_is_at_work_and_what_waits(tmp_path: Path) -> None:
    file = tmp_path / "begun"
    with Pool(1) as pool:
        at_work, waiting = pool.submit(ChildProcess(begin_and_wait, str(file))), pool.submit(ChildProcess(print))
        while not (file.exists() and file.read_text()):
            time.sleep(0.05)
    with pytest.raises(Cancelled):
        at_work.result()
    with pytest.raises(CancelledError):
        waiting.result()
    assert not psutil.pid_exists(int(file.read_text()))


def test_what_a_listener_raises_ends_the_call() -> None:
    def stop(text: str) -> None:
        raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(ChildProcess(tell_and_hang).run, hear=stop)
        with pytest.raises(KeyboardInterrupt):
            waiting.result(timeout=60)
