"""Components held against their laws in processes of their own, so that a crash or a hang is one more finding."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import asdict
from pathlib import Path

from ..contracts.component import Component
from ..contracts.degradation import Degradation
from ..devices import set_up
from ..files import read_json, write_json
from ..processes import ChildProcess, Pool
from . import case_of, check
from .law import Finding

NAME = "survives"
STATEMENT = "No law makes the component crash its process, leave it or hang."
WAY_OUT = "try that law alone in a test: benchbench.testing.contract_tests runs them in one process, under a debugger"


def check_apart(
    components: Sequence[Component], size: int, device: str, degradations: Sequence[Degradation], pool: Pool
) -> Iterator[tuple[Component, list[Finding]]]:
    """Yield each component with the findings of all laws, in the order in which they are done."""
    degradations = [d for d in degradations if _can_be_sent(d)]
    running: dict[Future[str | None], tuple[Component, Path]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, component in enumerate(components):
            if _can_be_sent(component):
                note = Path(folder) / str(number)
                child = ChildProcess(_check_here, component, size, device, degradations, note)
                running[pool.submit(child)] = component, note
            else:
                yield component, list(check(case_of(component, size, device, degradations)))
        for done in as_completed(running):
            component, note = running[done]
            yield component, _findings(done.result(), note)


def _can_be_sent(component: Component) -> bool:
    try:
        pickle.dumps(component)
    except Exception:  # a plugin may raise anything; the law of pickling will tell
        return False
    return True


def _check_here(component: Component, size: int, device: str, degradations: Sequence[Degradation], note: Path) -> None:
    """In a child process: note each law before it is tried, and at the end write the findings."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # what plugins print is neither a finding nor JSON
        os.dup2(nowhere, stream)
    case = case_of(component, size, str(set_up(device, 1)), degradations)
    found = []
    for law in case.laws:
        note.write_text(law.name)
        found.append(asdict(case.examine(law)))
    write_json(_answer(note), found)


def _answer(note: Path) -> Path:
    return note.with_suffix(".json")


def _findings(reason: str | None, note: Path) -> list[Finding]:
    if reason:
        during = f", during {note.read_text()}" if note.exists() else ""
        return [Finding(NAME, STATEMENT, "broken", reason + during, WAY_OUT)]
    return [*(Finding(**finding) for finding in read_json(_answer(note))), Finding(NAME, STATEMENT, "kept")]
