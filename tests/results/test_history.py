"""Histories of trainings come back, or are errors that say so."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbench.results import store
from benchbench.results.history import read, write

NUMBERS = st.lists(st.tuples(st.floats(), st.floats()), min_size=1, max_size=5)


@given(NUMBERS)
def test_a_history_comes_back(numbers: list[tuple[float, float]]) -> None:
    history = [{"loss": loss, "lr": lr} for loss, lr in numbers]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), history)
        assert repr(read(Path(folder))) == repr(history)  # NaN is no obstacle to equal text


def test_without_a_file_there_is_no_history(tmp_path: Path) -> None:
    assert read(tmp_path) == []


@pytest.mark.parametrize("text", ["step,loss\n1", "step,loss\n1,2,3\n", "step,loss\n1,x\n", "step\n\x00\n"])
def test_a_damaged_history_is_a_value_error(text: str, tmp_path: Path) -> None:
    (tmp_path / store.HISTORY).write_text(text)
    with pytest.raises(ValueError, match=store.HISTORY):
        read(tmp_path)
