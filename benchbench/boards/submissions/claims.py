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
    given = result.content["protocol"]
    if given.get("version") != protocol.VERSION:
        raise Refused(f"it was made under protocol {given.get('version')!r}; the protocol here is {protocol.VERSION}")
    if differing := sorted(
        k for k in given.keys() | protocol.SETTINGS.keys() if given.get(k) != protocol.SETTINGS.get(k)
    ):
        raise Refused(f"its protocol differs from {protocol.VERSION} in {', '.join(map(str, differing))[:80]}")


def _check_key(result: Result) -> None:
    content, trial = result.content, result.content["trial"]
    if not {content["key"], trial.get("key")} == {key := key_of(result.record.trial, protocol.VERSION)}:
        raise Refused(f"its key is {str(content['key'])[:40]!r}; what it tells of its trial gives {key!r}")
    if not _was(finished := content.get("finished_at")):
        raise Refused(f"it was finished at {str(finished)[:40]!r}, which is no time before now")


def _check_texts(result: Result) -> None:
    trial = result.content["trial"]
    texts = ("dataset", "fingerprint", "degradation", "degradation_digest", "model", "model_digest")
    if strange := [name for name in texts if not 0 < len(trial[name]) <= 2000]:
        raise Refused(f"its trial's {strange[0]} is no text of a sensible length")
    if not 8 <= trial["size"] <= 2048:
        raise Refused(f"its images have {trial['size']} px")


def _check_role(result: Result) -> None:
    content, trial = result.content, result.content["trial"]
    role = content["model"]["role"] if content["status"] == "scored" else ""
    if role and role != _role(trial["model"]):
        raise Refused(
            f"it calls {trial['model'][:80]} '{str(role)[:40]}': what sets the scale of a board must be installed here"
        )


def _was(time: Any) -> bool:
    """Whether it is a time, with its zone, that is past; a clock may be some minutes ahead."""
    try:
        return datetime.fromisoformat(time) < datetime.now(UTC) + timedelta(minutes=10)
    except (TypeError, ValueError):
        return False


def _check_place(result: Result, standing: Iterable[Result]) -> None:
    """Raises Refused if its row is taken: the newest counts, so a stranger's would displace what stands there."""
    for other in standing:
        if row_of(other) == row_of(result) and other.content["key"] != result.content["key"]:
            trial = other.content["trial"]
            raise Refused(
                f"{trial['model'][:80]} (seed {trial['seed']}) stands there already, made by other code "
                f"({other.content['key']}); to replace it, remove {other.folder} first"
            )


def row_of(result: Result) -> tuple[Any, ...]:
    """What no two results of a board have in common, whatever code made them."""
    trial = result.content["trial"]
    board = ("dataset", "fingerprint", "size", "degradation", "degradation_digest", "budget")
    return *(trial[name] for name in (*board, "model", "seed")), bool(trial.get("compiled"))


def _check_metrics(result: Result, standing: Iterable[Result]) -> None:
    """Raises Refused if it tells otherwise of a metric than those here do of the same version of it."""
    known = {
        (name, facts["digest"]): facts for other in standing for name, facts in other.content.get("metrics", {}).items()
    }
    for name, facts in result.content.get("metrics", {}).items():
        there = known.get((name, facts["digest"]), facts)
        if differing := [fact for fact in METRIC_FACTS if facts.get(fact) != there.get(fact)]:
            raise Refused(f"{differing[0]} of {name[:80]} is {facts.get(differing[0])!r}, not as in the results here")


def _role(model: str) -> str:
    try:
        return str(registry().resolve("model", model).role)
    except SpecError:  # a stranger's model, which competes
        return ""
