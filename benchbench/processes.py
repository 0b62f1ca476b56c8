"""Functions at work in a process of their own, which can be limited, outlived, and ended with all that it started.

On Linux and macOS the process leads a session of its own: a plugin cannot reach the terminal, and whatever it leaves
running ends with it, unless that has left the session. Nothing that comes back from it is unpickled.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any

import psutil

from .devices import format_bytes
from .errors import BenchbenchError, one_line

LONGEST_ANSWER = 10_000
POLL_SECONDS = 0.1
_LOCK = threading.Lock()
"""Held to start a process, which asks for the ends of all others, or to ask for one: only one thread may read it."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h


@dataclass(frozen=True)
class Limits:
    """What a process may take."""

    seconds: float | None = None
    memory: int | None = None
    """Bytes of main memory that it and the processes it started hold at any moment (their resident sets together)."""


NO_LIMITS = Limits()


def context() -> BaseContext:
    """Processes forked from a server that has torch loaded already; spawned where there is no fork server."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["benchbench.running.preload"])
    return server


def step(function: Callable[..., object], *args: Any) -> bytes:
    """A call for `do`, here or in another process. Raises what pickling its arguments raises."""
    return pickle.dumps((function, args))


def do(packed: bytes, *more: Any) -> None:
    """Do a step, importing what it needs; `more` arguments follow its own."""
    function, args = pickle.loads(packed)
    function(*args, *more)


class ChildProcess:
    """A step at work in a new process."""

    def __init__(self, packed: bytes, limits: Limits = NO_LIMITS) -> None:
        own = context()
        self._reader: Connection | None
        self._reader, writer = own.Pipe(duplex=False)
        self._process = own.Process(target=_work, args=(writer, packed), daemon=True)  # type: ignore[attr-defined]
        self._answer: str | None = None
        self._over, self._reason = False, ""
        with _LOCK:
            self._process.start()  # returns when the server has loaded what it loads once
        self._limits, self._started = limits, time.monotonic()
        writer.close()

    @property
    def events(self) -> list[Any]:
        """What becomes ready when there is something to learn; see `wait`."""
        return [self._process.sentinel, *([self._reader] if self._reader else [])]

    def is_over(self) -> bool:
        """Whether it has ended; what it left running, or what went beyond its limits, is killed here."""
        if not self._over:
            with _LOCK:
                alive = self._process.is_alive()  # asked first: an answer comes before the end
            self._listen()
            broken = self._broken_limit() if alive and self._answer is None else None
            if broken or not alive or self._answer is not None:
                self.kill()
                self._reason = broken or (self._death() if self._answer is None else self._answer)
        return self._over

    def reason(self) -> str | None:
        """Why it did not return, as one line; None if it did, or is at work still."""
        return (self._reason or None) if self.is_over() else None

    def kill(self) -> None:
        """End the process and all that it started."""
        if self._over:
            return
        family = self._family()[1:]
        with suppress(OSError, AttributeError):  # it has no session yet, or is over; Windows has none
            os.killpg(self._process.pid, signal.SIGKILL)
        for process in family:  # also those that left the session
            with suppress(psutil.Error):
                process.kill()
        self._process.kill()
        connection.wait([self._process.sentinel], timeout=10)
        with _LOCK:
            self._process.join(0)
        self._listen()
        self._over = True

    def _listen(self) -> None:
        try:
            if self._reader and self._reader.poll():
                self._answer = self._reader.recv_bytes(4 * LONGEST_ANSWER).decode()
        except (OSError, EOFError, ValueError):  # it closed its side, or sent what is no answer: its exit code tells
            self._reader = None

    def _broken_limit(self) -> str | None:
        seconds, memory = self._limits.seconds, self._limits.memory
        if seconds is not None and time.monotonic() - self._started > seconds:
            return f"took longer than {seconds:g} s; --timeout allows it more"
        if memory is not None and self._memory() > memory:
            return f"needed more than {format_bytes(memory)} of memory; --memory allows it more"
        return None

    def _family(self) -> list[psutil.Process]:
        try:
            own = psutil.Process(self._process.pid)
            return [own, *own.children(recursive=True)]
        except psutil.Error:
            return []

    def _memory(self) -> int:
        held = 0
        for process in self._family():
            with suppress(psutil.Error):
                held += process.memory_info().rss
        return held

    def _death(self) -> str:
        code = self._process.exitcode
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in {s.value for s in signal.Signals} else str(-code)
            hint = " (out of memory?)" if name == "SIGKILL" else ""
            return f"the process was killed by {name}{hint}"
        return f"the process ended by itself with exit code {code}"


def wait(calls: Collection[ChildProcess], seconds: float) -> list[ChildProcess]:
    """The calls that are over, after waiting for one at most so long."""
    if not any(call.is_over() for call in calls):
        connection.wait([event for call in calls for event in call.events], timeout=seconds)
    return [call for call in calls if call.is_over()]


def outcome(call: ChildProcess, look: Callable[[], object] = lambda: None) -> str | None:
    """Why the call did not return, after waiting for its end; None if it did.

    Meanwhile `look` is called now and then, and a last time; what it raises ends the call.
    """
    try:
        over = False
        while not over:
            over = bool(wait([call], POLL_SECONDS))
            look()
        return call.reason()
    finally:
        call.kill()


def _work(writer: Connection, packed: bytes) -> None:
    """In the new process: do the step, and send why it did not return, or nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    if hasattr(os, "setsid"):
        os.setsid()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _be_first_to_go()
    keep_freed_memory()
    with suppress(OSError):  # whatever a plugin prints, the parent's standard output stays its own
        os.dup2(2, 1)
    answer = ""
    try:
        do(packed)
    except BenchbenchError as error:
        answer = str(error)
    except BaseException as error:  # SystemExit is the plugin's
        answer = one_line(error)
    writer.send_bytes(answer[:LONGEST_ANSWER].encode(errors="replace"))


def _die_with_parent() -> None:
    """A session of one's own outlives a parent that is killed; without it there is nobody to work for."""
    if parent := multiprocessing.parent_process():
        parent.join()
        if hasattr(os, "killpg"):
            os.killpg(0, signal.SIGKILL)
        os._exit(1)


def _be_first_to_go() -> None:
    """Where memory runs out, Linux is to kill this process and not the parent."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def keep_freed_memory() -> None:
    """Where libc is glibc, large tensors take memory that was freed before, not new pages that the kernel must zero."""
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(M_MMAP_THRESHOLD, 2**25)  # the most that it accepts
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
