"""Components held against their laws in processes of their own, so that a crash or a hang is one more finding."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path

from pebble import ProcessExpired

from ..errors import one_line
from ..interfaces import Component, Degradation
from ..perform import set_up
from ..runner import how_it_died, in_own_process
from . import case_of, check
from .law import Finding

NAME = "survives"
STATEMENT = "No law makes the component crash its process, leave it or hang."
WAY_OUT = "try that law alone in a test: benchbench.testing.contract_tests runs them in one process, under a debugger"


def check_apart(
    components: Sequence[Component],
    size: int,
    device: str,
    degradations: Sequence[Degradation],
    jobs: int,
    timeout: float,
) -> Iterator[tuple[Component, list[Finding]]]:
    """Each component with the findings of all laws, in the order in which they are done."""
    degradations = [d for d in degradations if _can_be_sent(d)]
    waiting = list(reversed(components))
    running: dict[Future[list[Finding]], tuple[Component, Path]] = {}
    with tempfile.TemporaryDirectory() as folder:
        while waiting or running:
            while waiting and len(running) < jobs:
                component, note = waiting.pop(), Path(folder) / f"{len(waiting)}"
                if not _can_be_sent(component):
                    yield component, list(check(case_of(component, size, device, degradations)))
                    continue
                arguments = (component, size, device, degradations, note)
                running[in_own_process(_check_here, *arguments, timeout=timeout)] = component, note
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                component, note = running.pop(future)
                yield component, _findings(future, note, timeout)


def _can_be_sent(component: Component) -> bool:
    try:
        pickle.dumps(component)
    except Exception:  # a plugin may raise anything; the law of pickling will tell
        return False
    return True


def _check_here(
    component: Component, size: int, device: str, degradations: Sequence[Degradation], note: Path
) -> list[Finding]:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # what plugins print is neither a finding nor JSON
        os.dup2(nowhere, stream)
    case = case_of(component, size, str(set_up(device, 1)), degradations)
    found = []
    for law in case.laws:
        note.write_text(law.name)
        found.append(case.examine(law))
    return found


def _findings(future: Future[list[Finding]], note: Path, timeout: float) -> list[Finding]:
    try:
        return [*future.result(), Finding(NAME, STATEMENT, "kept")]
    except TimeoutError:
        evidence = f"took longer than {timeout:g} s"
    except ProcessExpired as error:
        evidence = how_it_died(error.exitcode)
    except (Exception, SystemExit) as error:
        evidence = one_line(error)
    during = f", during {note.read_text()}" if note.exists() else ""
    return [Finding(NAME, STATEMENT, "broken", evidence + during, WAY_OUT)]
