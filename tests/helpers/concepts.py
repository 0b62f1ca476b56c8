"""Which classes between the components a piece of work makes, in this process or in a child."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from benchbench.registry import suites
from benchbench.results import record
from benchbench.running import executors, listeners, worker
from benchbench.running.workspace import Workspace

ROOMS = ("benchbench.running", "benchbench.processes", "benchbench.results", "benchbench.registry.suites")


def made_by(work: Callable[[], object]) -> set[type]:
    """The classes of which the work, in all its threads, makes or hands on instances."""
    found: set[type] = set()

    def look(frame: FrameType, event: str, returned: Any) -> None:
        if event == "return":
            found.add(type(returned))
        elif event == "call" and frame.f_code.co_name == "__init__":
            found.add(type(frame.f_locals[frame.f_code.co_varnames[0]]))

    threading.setprofile(look)
    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    return found


def concepts(found: set[type]) -> set[str]:
    """The names of those that count; what is of one of the ten counts as that."""
    counted = {c for c in found if c.__module__.startswith(ROOMS) and not issubclass(c, BaseException)}
    whole = {record.__name__: "Record", suites.__name__: "Suite"}
    names = {whole.get(c.__module__, c.__name__) for c in counted}
    parents = {"Executor": executors.Executor, "Listener": listeners.Listener}
    for name, parent in parents.items():
        own = {c.__name__ for c in counted if issubclass(c, parent)}
        names = (names - own) | ({name} if own else set())
    return names


def trace_child(workspace: Workspace, packed: bytes, file: Path) -> None:
    """In a child process: do a trial, and write which concepts it took."""
    file.write_text("\n".join(concepts(made_by(lambda: worker.run(workspace, packed)))))
