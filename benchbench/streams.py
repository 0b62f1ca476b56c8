"""The standard streams: there are always three, and what cannot be printed is lost, but never the work."""

from __future__ import annotations

import io
import os
import select
import sys
from contextlib import suppress
from typing import Any, TextIO


class Patient(io.FileIO):
    """An open file that loses what cannot be written, because its reader is gone or the disk is full.

    >>> with open("/dev/full", "wb") as full:  # doctest: +SKIP
    ...     Patient(full.fileno(), "w", closefd=False).write(b"lost")
    4
    """

    lost: OSError | None = None
    """Why something was lost."""

    def write(self, data: Any) -> int:
        """Write some bytes, or lose them; returns how many are dealt with."""
        written: int | None
        try:
            while (written := super().write(data)) is None:  # it is set not to wait, as some programs leave a terminal
                select.select([], [self], [])
        except OSError as error:
            self.lost, written = error, len(data)
        return written


def open_missing() -> None:
    """Open the standard streams that are closed, on the null device.

    To be called before anything else is opened: what is opened next gets the number of a stream that is closed, and
    then all that is printed, too.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # a new file gets the lowest number that is free
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def set_up() -> None:
    """Let no standard stream be closed, or fail, be it at a character that its encoding lacks."""
    open_missing()
    sys.stdout = _patient(sys.stdout, sys.__stdout__)
    sys.stderr = _patient(sys.stderr, sys.__stderr__)


def set_up_child() -> None:
    """Do so in a child process, and keep its output out of the parent's, and its plots out of a notebook's window."""
    open_missing()
    os.dup2(2, 1)
    set_up()
    os.environ["MPLBACKEND"] = "Agg"


def _patient(stream: TextIO | None, original: TextIO | None) -> TextIO:
    """Return a stream that writes where this one does, and loses what it cannot."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    errors = "replace" if stream.errors == "strict" else stream.errors
    raw = getattr(stream.buffer, "raw", stream.buffer)
    if stream is not original or type(raw) is not io.FileIO:  # somebody's own, or a console of Windows
        stream.reconfigure(errors=errors)
        return stream
    stream.flush()  # and no more: what was a file may be a pipe by now, which tells no position
    buffer = io.BufferedWriter(Patient(raw.fileno(), "w", closefd=False))
    lines = stream.line_buffering or stream.write_through
    return io.TextIOWrapper(buffer, stream.encoding, errors, line_buffering=lines)


def finish(code: int) -> int:
    """Say so in a line where some of the standard output was lost; return the exit code for one that was `code`.

    Whoever stops reading has seen enough: that is no error.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    lost = getattr(getattr(getattr(sys.stdout, "buffer", None), "raw", None), "lost", None)
    if lost is None or isinstance(lost, BrokenPipeError):
        return code
    print(f"benchbench: the standard output could not be written: {lost.strerror}", file=sys.stderr)
    return code or 2
