"""What a `result.json` holds, as a JSON schema: whatever passes it can be shown, wherever it came from."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

TEXT, FLAG, NUMBER = {"type": "string", "maxLength": 10_000}, {"type": "boolean"}, {"type": "number"}
COUNT = {"type": "integer", "minimum": 0}
DIGEST = {"type": "string", "pattern": "^[0-9A-Za-z._-]{1,64}$"}  # boards show it as it is
OPTIONAL_TEXT = {"type": ["string", "null"], "maxLength": 10_000}
LARGEST = 2**63
"""An integer beyond it is none that anything here could have counted."""


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {**required, **optional}, "required": list(required)}


def _each(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": schema}


TRIAL = _object({
    "dataset": TEXT,
    "fingerprint": DIGEST,
    "size": {"type": "integer", "minimum": 1, "maximum": 2**14},
    "degradation": TEXT,
    "degradation_digest": TEXT,
    "model": TEXT,
    "model_digest": TEXT,
    "seed": {"type": ["integer", "null"]},
    "budget": {
        "type": ["string", "null"],
        "pattern": r"^(recipe|\d+(\.\d+)?(e[+-]?\d{1,3})? (flops|epochs|images|seconds))$",
    },
    "threads": {"type": "integer", "minimum": 1},
}, compiled=FLAG)  # fmt: skip
ORIGIN = _each({"type": "array", "items": _object({"plugin": TEXT, "distribution": TEXT, "version": TEXT})})
METRIC = _object(
    {
        "higher_is_better": FLAG,
        "unit": TEXT,
        "digits": {"type": "integer", "minimum": 0, "maximum": 20},
        "order": {"type": "integer"},
        "library": TEXT,
        "digest": TEXT,
        "unavailable": OPTIONAL_TEXT,
    },
    ranks=FLAG,
    signed=FLAG,
)
MODEL = _object(
    {"parameters": COUNT, "role": TEXT, "sees": {"type": "array", "items": TEXT}},
    notes={"type": "array", "items": TEXT},
)
OPTIONAL_COUNT = {"anyOf": [{"type": "null"}, COUNT]}
TIMING = _object(
    {"ms_per_image": _each(NUMBER), "device_name": TEXT, "threads": COUNT, "training_precision": TEXT},
    peak_bytes=OPTIONAL_COUNT,
    training=_object({"seconds": NUMBER, "peak_bytes": OPTIONAL_COUNT}),
)
RATE = _object({"bytes": NUMBER, "bits_per_pixel": NUMBER}, payload_bytes=NUMBER, payload_bits_per_pixel=NUMBER)
ALWAYS: dict[str, Any] = {"key": TEXT, "trial": TRIAL, "protocol": _object({"version": COUNT})}
OPTIONAL: dict[str, Any] = {
    "reason": OPTIONAL_TEXT,
    "finished_at": TEXT,
    "files": _each(TEXT),
    "data": _object({"train": COUNT, "validation": COUNT, "test": COUNT}, test_set=DIGEST),
    "training": _object({}, flops=NUMBER, epochs=NUMBER),
    "worst": {"type": "array", "items": TEXT},
    "rate": {"anyOf": [{"type": "null"}, RATE]},
}
SCORED: dict[str, Any] = {
    "origin": ORIGIN,
    "model": MODEL,
    "metrics": _each(METRIC),
    "scores": _each(_object({"mean": NUMBER, "std": NUMBER, "n": COUNT})),
    "timing": TIMING,
    "environment": _object({"libraries": _each(TEXT)}),
}
RESULT: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-04/schema#",  # there, 2.0 is no integer
    "title": "result",
    "anyOf": [
        _object({"status": {"enum": ["scored"]}, **ALWAYS, **SCORED}, **OPTIONAL),
        _object({"status": {"enum": ["skipped", "failed"]}, **ALWAYS}, **OPTIONAL, origin=ORIGIN),
    ],
}


@functools.cache
def _validator(status: str) -> Callable[[Any], Any]:
    import fastjsonschema

    (schema,) = (s for s in RESULT["anyOf"] if status in s["properties"]["status"]["enum"])
    return fastjsonschema.compile({"$schema": RESULT["$schema"], **schema}, use_default=False)


def validate(content: dict[str, Any]) -> None:
    """Raises ValueError naming the first thing that a result cannot hold."""
    status = content.get("status")
    if status not in ("scored", "skipped", "failed"):
        raise ValueError(f"its status is {str(status)[:40]!r}, not scored, skipped or failed")
    _validator(status)(content)
    _check_values(content)


def _check_values(node: Any) -> None:
    """Raises ValueError for text that cannot be written, and for numbers beyond all counting."""
    if isinstance(node, str):
        node.encode()
    elif isinstance(node, int) and abs(node) > LARGEST:
        raise ValueError(f"a number of {node.bit_length()} bits")
    elif isinstance(node, dict):
        _check_values([*node, *node.values()])
    elif isinstance(node, list):
        for part in node:
            _check_values(part)
