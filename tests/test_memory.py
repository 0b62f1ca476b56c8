"""Peak memory: what is held at once counts, not the sum; what was freed before hides nothing.

The bounds are wide: what is resident includes pages of libraries and of earlier tests, which the system takes back when
it likes, and it counts in batches for each processor.
"""

from __future__ import annotations

import pytest
import torch

from benchbench import devices
from benchbench.devices import peak_memory

CPU = torch.device("cpu")
MEGA = 10**6


def megabytes(*sizes: int, at_once: bool = True) -> float:
    """The peak while so many megabytes are filled, in megabytes."""
    with peak_memory(CPU) as peak:
        kept = []
        for size in sizes:
            filled = torch.ones(size * MEGA // 4)
            kept.append(filled if at_once else float(filled[0]))
            del filled
        del kept
    if peak.bytes is None:
        pytest.skip("this system does not tell")
    return peak.bytes / MEGA


def test_it_is_what_is_held_at_once() -> None:
    megabytes(8)  # what the first call of anything loads
    assert 50 < megabytes(80) < 110
    assert 125 < megabytes(80, 80) < 200
    assert 50 < megabytes(80, 80, at_once=False) < 110


def test_what_was_freed_before_does_not_hide_what_is_used_anew() -> None:
    small = [torch.ones(1000) for _ in range(20_000)]  # too small to go back to the system one by one
    del small
    assert 50 < megabytes(*[1] * 80) < 110  # next to nothing, were it hidden


def test_a_system_that_does_not_tell_has_no_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchbench.devices.CLEAR", devices.CLEAR / "nowhere")
    with peak_memory(CPU) as peak:
        pass
    assert peak.bytes is None
