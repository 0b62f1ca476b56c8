"""What the results of a board were made on and with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple


class Provenance(NamedTuple):
    """Each a sorted list without repeats."""

    made: str
    """`Trained on` or, where nothing was trained, `Run on` these devices."""
    devices: list[str]
    components: list[str]
    libraries: list[str]


def provenance(contents: Sequence[Mapping[str, Any]]) -> Provenance:
    """Of the contents of scored results: devices with the precision trained in, who brought components, libraries."""
    trained = [c["timing"] for c in contents if c.get("training")]
    devices = [f"{t['device_name']} ({t['training_precision']})" for t in trained]
    return Provenance(
        "Trained on" if trained else "Run on",
        _distinct(devices or (c["timing"]["device_name"] for c in contents)),
        _distinct(f"{o['distribution']} {o['version']}" for c in contents for os in c["origin"].values() for o in os),
        _distinct(f"{name} {version}" for c in contents for name, version in c["environment"]["libraries"].items()),
    )


def _distinct(values: Iterable[str]) -> list[str]:
    return sorted({value for value in values if value})
