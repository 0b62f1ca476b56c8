"""Metrics asked for later are added to a result whose table of scores is spoilt."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from jobs import go

from benchbench.files import file_digest
from benchbench.results import store


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory, toy_cache: Path) -> Path:
    """A run of one model by one metric."""
    out = tmp_path_factory.mktemp("scored")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("BENCHBENCH_CACHE", str(shutil.copytree(toy_cache, out / "cache")))
        go(out / "runs", model=("identity",), metric=("peak",))
    return out / "runs"


def parquet(table: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    table.to_parquet(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:-20],
        lambda data: b"\0" * len(data),
        lambda data: data[:100] + bytes(40) + data[140:],
        lambda data: parquet(pd.DataFrame({"peak": ["text"] * 5})),
        lambda data: parquet(pd.DataFrame({"other": np.zeros(10**6)})),
    ],
)
def test_metrics_are_added_to_a_result_whose_table_is_spoilt(
    tmp_path: Path, scored: Path, spoil: Callable[[bytes], bytes]
) -> None:
    shutil.copytree(scored, tmp_path, dirs_exist_ok=True)
    path = next(tmp_path.rglob("identity/*/metrics.parquet"))
    path.write_bytes(spoil(path.read_bytes()))
    content = json.loads((path.parent / store.RESULT).read_text())
    content["files"][path.name] = file_digest(path)
    (path.parent / store.RESULT).write_text(json.dumps(content))
    (later,) = go(tmp_path, model=("identity",), metric=("peak", "mean-error")).results
    assert later.status == "scored"
    assert later.scores["mean-error"].n > 0
