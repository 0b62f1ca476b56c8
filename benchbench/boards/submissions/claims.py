"""What a result from elsewhere says of itself: it has to fit together, and to what stands here already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ... import protocol
from ...errors import SpecError
from ...registry.registry import registry
from ...results.store import Result
from ...results.trial import key_of
from .archive import Refused

METRIC_FACTS = ("higher_is_better", "signed", "unit", "digits", "order", "ranks")


def check(result: Result, standing: Sequence[Result]) -> None:
    """Raises Refused for a result that contradicts itself or those standing."""
    _check_protocol(result)
    _check_key(result)
    _check_texts(result)
    _check_role(result)
    _check_place(result, standing)
    _check_metrics(result, standing)


def _check_protocol(result: Result) -> None:
    given = result.record.protocol
    if given.version != protocol.VERSION:
        raise Refused(f"it was made under protocol {given.version}; the protocol here is {protocol.VERSION}")
    if differing := [name for name, value in protocol.SETTINGS.items() if getattr(given, name) != value]:
        raise Refused(f"its protocol differs from {protocol.VERSION} in {', '.join(sorted(differing))}")


def _check_key(result: Result) -> None:
    record = result.record
    key = key_of(record.trial, protocol.VERSION)
    if not record.key == record.trial.key == key:
        raise Refused(f"its key is {record.key[:40]!r}; what it tells of its trial gives {key!r}")
    if not _was(record.finished_at):
        raise Refused(f"it was finished at {record.finished_at[:40]!r}, which is no time before now")


def _check_texts(result: Result) -> None:
    trial = result.record.trial
    texts = ("dataset", "fingerprint", "degradation", "degradation_digest", "model", "model_digest")
    if strange := [name for name in texts if not 0 < len(getattr(trial, name)) <= 2000]:
        raise Refused(f"its trial's {strange[0]} is no text of a sensible length")
    if not 8 <= trial.size <= 2048:
        raise Refused(f"its images have {trial.size} px")


def _check_role(result: Result) -> None:
    model, role = result.record.trial.model, result.record.model.role
    if role and role != _role(model):
        raise Refused(f"it calls {model[:80]} '{role[:40]}': what sets the scale of a board must be installed here")


def _was(time: str) -> bool:
    """Whether it is a time, with its zone, that is past; a clock may be some minutes ahead."""
    try:
        return datetime.fromisoformat(time) < datetime.now(UTC) + timedelta(minutes=10)
    except (TypeError, ValueError):
        return False


def _check_place(result: Result, standing: Iterable[Result]) -> None:
    """Raises Refused if its row is taken: the newest counts, so a stranger's would displace what stands there."""
    for other in standing:
        if row_of(other) == row_of(result) and other.record.key != result.record.key:
            trial = other.record.trial
            raise Refused(
                f"{trial.model[:80]} (seed {trial.seed}) stands there already, made by other code "
                f"({other.record.key}); to replace it, remove {other.folder} first"
            )


def row_of(result: Result) -> tuple[Any, ...]:
    """What no two results of a board have in common, whatever code made them."""
    trial = result.record.trial
    board = ("dataset", "fingerprint", "size", "degradation", "degradation_digest", "budget")
    return *(getattr(trial, name) for name in (*board, "model", "seed")), trial.compiled


def _check_metrics(result: Result, standing: Iterable[Result]) -> None:
    """Raises Refused if it tells otherwise of a metric than those here do of the same version of it."""
    known = {(name, facts.digest): facts for other in standing for name, facts in other.record.metrics.items()}
    for name, facts in result.record.metrics.items():
        there = known.get((name, facts.digest), facts)
        if differing := [fact for fact in METRIC_FACTS if getattr(facts, fact) != getattr(there, fact)]:
            value = getattr(facts, differing[0])
            raise Refused(f"{differing[0]} of {name[:80]} is {value!r}, not as in the results here")


def _role(model: str) -> str:
    try:
        return str(registry().resolve("model", model).role)
    except SpecError:  # a stranger's model, which competes
        return ""
