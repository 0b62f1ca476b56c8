"""Components with parameters of every kind, and shorthands for their specs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import strategies as st

from benchbench import Range, SpecError, param
from benchbench.contracts import specs
from benchbench.contracts.component import Component

FINITE = st.floats(allow_nan=False, allow_infinity=False)
RANGES = st.tuples(FINITE, FINITE).map(lambda ends: Range(min(ends), max(ends)))


@dataclass(frozen=True)
class Everything(Component):
    """One parameter of each type."""

    name = "everything"

    needed: int = param(help="an integer without a default")
    text: str = param("plain")
    number: float = param(0.5)
    flag: bool = param(False)
    span: Range = param(Range(8, 15))
    choice: Literal["zeros", "the mean", 3] = param("zeros")
    maybe: float | None = param(None)
    perhaps: str | None = param("some")


@dataclass(frozen=True)
class Bounded(Component):
    """Parameters with legal ranges."""

    name = "bounded"

    block: int = param(8, "side of a block", low=1, high=64, unit="px")
    sigma: float = param(1.0, low=0)
    level: Range = param(Range(0, 1), high=1)


KNOWN = {"everything": Everything, "bounded": Bounded}


def everything(text: str) -> Everything:
    found = specs.resolve(text, KNOWN, "component")
    assert isinstance(found, Everything)
    return found


def reason(text: str) -> str:
    """Why a spec is refused."""
    with pytest.raises(SpecError) as caught:
        specs.resolve(text, KNOWN, "component")
    return str(caught.value)
