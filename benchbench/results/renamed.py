"""Names that metrics had in stored results before they were written with hyphens, read as today's names."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from msgspec.structs import replace

from .record import MetricFacts, Record

_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
RENAMED = {old: str(new["name"]) for old, new in _TABLE.items()}
DIGESTS = {str(new["before"]): str(new["after"]) for new in _TABLE.values()}
_OLD = re.compile(rf"(?<![\w-])({'|'.join(RENAMED)})(?![\w-])")


def current_name(text: str) -> str:
    """A metric, `name:parameter=…`, a column of its scores, `name@region`, or a sentence with today's names."""
    return _OLD.sub(lambda found: RENAMED[found[0]], text)


def with_current_names(record: Record) -> Record:
    """The record with today's names of metrics."""
    return replace(
        record,
        origin={
            kind: [replace(o, plugin=current_name(o.plugin)) for o in origins] if kind == "metric" else origins
            for kind, origins in record.origin.items()
        },
        metrics={current_name(name): _facts(facts) for name, facts in record.metrics.items()},
        scores={current_name(name): score for name, score in record.scores.items()},
    )


def _facts(metric: MetricFacts) -> MetricFacts:
    return replace(
        metric,
        settings=current_name(metric.settings),
        digest=DIGESTS.get(metric.digest, metric.digest),
        unavailable=metric.unavailable and current_name(metric.unavailable),
    )
