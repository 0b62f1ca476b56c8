"""Calls of functions in processes of their own, which can be limited, outlived, and ended with all that they started.

On Linux and macOS such a process leads a session of its own: a plugin cannot reach the terminal, and whatever it leaves
running ends with it, unless that has left the session. Only text comes back, and nothing of it is unpickled.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, spawn
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any, ParamSpec, Self

import cloudpickle
import psutil

from . import streams
from .devices import family, format_bytes, keep_freed_memory, memory_of
from .errors import BenchbenchError, one_line

POLL_SECONDS = 0.1
LONGEST_MESSAGE = 4000
"""Bytes. A pipe takes up to 4096 whole or not at all, so a process that is killed leaves no half message behind."""
A_PIPE_FULL = 20_000  # messages: more than a pipe of 64 KiB holds
NEWS, ANSWER = b"n", b"a"  # the first byte of a message
_LOCK = threading.Lock()
"""Held to start a process, which asks for the ends of all others, or to ask for one: only one thread may read it."""
_parent: Connection | None = None  # in a child process, the way to its parent

P = ParamSpec("P")


class Cancelled(Exception):
    """Raised where a child process is waited for that nobody wants any more."""


@dataclass(frozen=True)
class Limits:
    """The most that a process may take.

    >>> Limits(seconds=60, memory=4_000_000_000)
    Limits(seconds=60, memory=4000000000)
    """

    seconds: float | None = None
    memory: int | None = None
    """Bytes of main memory that it and the processes it started hold at any moment (their resident sets together)."""


NO_LIMITS = Limits()


def context() -> BaseContext:
    """Return how processes are made: forked from a server that has torch loaded, or spawned where there is none."""
    streams.open_missing()
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["benchbench.running.preload"])
    return server


class ChildProcess:
    """One call of a function in a new process.

    >>> ChildProcess(os._exit, 3).run()
    'the process ended by itself with exit code 3'
    """

    def __init__(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Pack the call; the process starts with `run`. Raises what pickling raises."""
        self._call = cloudpickle.dumps((function, args, kwargs))

    def run(
        self,
        limits: Limits = NO_LIMITS,
        hear: Callable[[str], object] = lambda text: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> str | None:
        """Call the function and wait; return why it did not return, as one line, or None if it did.

        `hear` gets the texts that the function sends by `tell_parent`. The process and all that it started are killed
        at the end, beyond a limit, and where this raises: Cancelled once `cancelled` says so, OSError if no process
        can be had.
        """
        own = context()
        reader, writer = own.Pipe(duplex=False)
        process = own.Process(target=_work, args=(writer, self._call), daemon=True)  # type: ignore[attr-defined]
        with _LOCK:
            _start(process)
        writer.close()
        try:
            return _watch(process, reader, limits, hear, cancelled)
        finally:
            _kill(process)
            reader.close()


class Pool:
    """A few threads, each of which waits for one child process at a time; the limits hold for all of them at once.

    A context manager, whose end kills the processes that are still at work.

    >>> with Pool(2) as pool:
    ...     [pool.submit(ChildProcess(os._exit, code)).result() for code in (0, 1)]
    ['the process ended by itself with exit code 0', 'the process ended by itself with exit code 1']
    """

    def __init__(self, size: int, limits: Limits = NO_LIMITS) -> None:
        self._threads, self._limits, self._closed = ThreadPoolExecutor(size), limits, threading.Event()

    def submit(self, child: ChildProcess, hear: Callable[[str], object] = lambda text: None) -> Future[str | None]:
        """Run the child as soon as a thread is free; the future gives what `ChildProcess.run` returns."""
        return self._threads.submit(child.run, self._limits, hear, self._closed.is_set)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._closed.set()
        self._threads.shutdown(cancel_futures=True)


def tell_parent(text: str) -> None:
    """Send a text from a child process to whoever waits for it; one that is too long, or has no reader, is dropped."""
    message = NEWS + text.encode(errors="replace")
    if _parent and len(message) <= LONGEST_MESSAGE:
        with suppress(OSError):
            _parent.send_bytes(message)


# ── in the parent ────────────────────────────────────────────────────────────────────────────────────────────────────
def _start(process: Any) -> None:
    """Start a process that does not run this one's script again; returns when the server has loaded what it needs."""
    original = spawn.get_preparation_data

    def without_script(name: str) -> dict[str, Any]:
        return {key: value for key, value in original(name).items() if not key.startswith("init_main")}

    spawn.get_preparation_data = without_script
    try:
        process.start()
    finally:
        spawn.get_preparation_data = original


def _watch(
    process: Any, reader: Connection, limits: Limits, hear: Callable[[str], object], cancelled: Callable[[], bool]
) -> str | None:
    """Wait for the answer of a process, its death, or a limit that it breaks."""
    started, events = time.monotonic(), [process.sentinel, reader]
    while True:
        connection.wait(events, POLL_SECONDS)
        with _LOCK:
            alive = process.is_alive()  # asked first: an answer comes before the end
        try:
            for _ in range(A_PIPE_FULL if reader in events else 0):  # no more, or one that never stops has no limits
                if not reader.poll():
                    break
                message = reader.recv_bytes(LONGEST_MESSAGE)
                if message.startswith(ANSWER):
                    return message[1:].decode(errors="replace") or None
                hear(message[1:].decode(errors="replace"))
        except (OSError, EOFError):  # it closed its side, or sent what is no message: its exit code tells
            events = [process.sentinel]
        if not alive:
            return _death(process.exitcode)
        if broken := _broken_limit(process.pid, limits, time.monotonic() - started):
            return broken
        if cancelled():
            raise Cancelled


def _kill(process: Any) -> None:
    """End a process and all that it started."""
    members = family(process.pid)[1:]
    with suppress(OSError, AttributeError):  # it has no session yet, or is over; Windows has none
        os.killpg(process.pid, signal.SIGKILL)
    for member in members:  # also those that left the session
        with suppress(psutil.Error):
            member.kill()
    process.kill()
    connection.wait([process.sentinel], timeout=10)
    with _LOCK:
        process.join(0)


def _broken_limit(pid: int, limits: Limits, seconds: float) -> str | None:
    if limits.seconds is not None and seconds > limits.seconds:
        return f"took longer than {limits.seconds:g} s; --timeout allows it more"
    if limits.memory is not None and memory_of(pid) > limits.memory:
        return f"needed more than {format_bytes(limits.memory)} of memory; --memory allows it more"
    return None


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in {s.value for s in signal.Signals} else str(-code)
        return f"the process was killed by {name}" + " (out of memory?)" * (name == "SIGKILL")
    return f"the process ended by itself with exit code {code}"


# ── in the child ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _work(writer: Connection, call: bytes) -> None:
    """Call the function, and send why it did not return, or nothing."""
    global _parent
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    if hasattr(os, "setsid"):
        os.setsid()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # Linux is to kill this process first
        file.write("1000")
    keep_freed_memory()
    streams.set_up_child()
    _parent, answer = writer, ""
    try:
        function, args, kwargs = pickle.loads(call)
        function(*args, **kwargs)
    except BenchbenchError as error:
        answer = str(error)
    except BaseException as error:  # SystemExit is the plugin's
        answer = one_line(error)
    writer.send_bytes((ANSWER + answer.encode(errors="replace"))[:LONGEST_MESSAGE])


def _die_with_parent() -> None:
    """Wait for the parent's end and end with it: a session of one's own would outlive a parent that is killed."""
    if parent := multiprocessing.parent_process():
        with suppress(OSError):
            parent.join()  # returns at once where a plugin has closed all descriptors
        with suppress(psutil.Error):
            while psutil.Process(parent.pid).status() != psutil.STATUS_ZOMBIE:
                time.sleep(POLL_SECONDS)
        for member in family(os.getpid())[1:]:  # also those that left the session
            with suppress(psutil.Error):
                member.kill()
        if hasattr(os, "killpg"):
            os.killpg(0, signal.SIGKILL)
        os._exit(1)
