"""Components held against their laws in processes of their own, so that a crash or a hang is one more finding."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import asdict, replace
from pathlib import Path

from ..contracts.component import Component
from ..contracts.degradation import Degradation
from ..devices import set_up
from ..processes import ChildProcess, Pool, tell_parent
from ..running.workspace import log_to
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
    running: dict[Future[str | None], tuple[Component, list[str]]] = {}
    for component in components:
        if _can_be_sent(component):
            told: list[str] = []
            child = ChildProcess(_check_here, component, size, device, degradations)
            running[pool.submit(child, told.append)] = component, told
        else:
            yield component, list(check(case_of(component, size, device, degradations)))
    for done in as_completed(running):
        component, told = running[done]
        if reason := done.result():
            during = f", during {told[-1]}" if told else ""
            yield component, [Finding(NAME, STATEMENT, "broken", reason + during, WAY_OUT)]
        else:
            found = [Finding(**json.loads(text)) for text in told[1::2]]
            yield component, [*found, Finding(NAME, STATEMENT, "kept")]


def _can_be_sent(component: Component) -> bool:
    try:
        pickle.dumps(component)
    except KeyboardInterrupt:
        raise
    except BaseException:  # a plugin may raise anything; the law of pickling will tell
        return False
    return True


def _check_here(component: Component, size: int, device: str, degradations: Sequence[Degradation]) -> None:
    """In a child process: tell the name of each law before it is tried, and then its finding."""
    log_to(Path(os.devnull))  # what plugins print is neither a finding nor JSON
    case = case_of(component, size, str(set_up(device, 1)), degradations)
    for law in case.laws:
        tell_parent(law.name)
        finding = case.examine(law)
        tell_parent(json.dumps(asdict(replace(finding, evidence=finding.evidence[:600])), ensure_ascii=False))
