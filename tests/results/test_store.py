"""Results on disk: whole or absent, and never mistaken."""

from __future__ import annotations

import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import results
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchbench import files
from benchbench.boards import collect, write_boards
from benchbench.results import scores, store
from benchbench.results.parsing import parse
from benchbench.results.store import DamagedResult

# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A stored result with a picture."""
    return results.write(tmp_path / "runs", {"peak": 20.5, "mean-error": 0.5}, samples=b"a picture")


def damage(folder: Path) -> str:
    """What is wrong with a result."""
    with pytest.raises(DamagedResult) as caught:
        store.read(folder)
    return str(caught.value)


def edit(folder: Path, **changes: Any) -> None:
    """Write other things into a result; None removes them."""
    content = files.read_json(folder / store.RESULT) | changes
    files.write_json(folder / store.RESULT, {name: value for name, value in content.items() if value is not None})


def test_a_stored_result_is_read(folder: Path) -> None:
    found = store.read(folder)
    assert (found.folder, found.status) == (folder, "scored")
    assert found.record.scores["peak"].mean == 20.5
    assert found.record.files.keys() == {store.SAMPLES, store.SCORES}


@pytest.mark.parametrize("content", ["", "{", '{"schema": 1', "\x00\x00", "[" * 100_000, '{"a":' * 100_000])
def test_a_truncated_or_nested_result_is_damaged(content: str, folder: Path) -> None:
    (folder / store.RESULT).write_text(content)
    assert "cannot be read" in damage(folder)


def test_a_result_that_is_no_text_is_damaged(folder: Path) -> None:
    (folder / store.RESULT).write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in damage(folder)


def test_a_missing_result_is_damaged(folder: Path) -> None:
    (folder / store.RESULT).unlink()
    assert "cannot be read" in damage(folder)


@pytest.mark.parametrize("schema", [None, 0, store.SCHEMA + 1, "1", [1]])
def test_another_schema_is_refused(schema: Any, folder: Path) -> None:
    edit(folder, schema=schema)
    assert f"is not of schema {store.SCHEMA}" in damage(folder)


@pytest.mark.parametrize("content", ["[]", "null", "3", '"scored"'])
def test_json_that_is_no_object_is_refused(content: str, folder: Path) -> None:
    (folder / store.RESULT).write_text(content)
    assert "is not of schema" in damage(folder)


def test_an_unknown_status_is_refused(folder: Path) -> None:
    edit(folder, status="excellent")
    assert "its status is 'excellent'" in damage(folder)


@pytest.mark.parametrize("change", [b"b picture", b"a pictur", b""])
def test_an_altered_file_is_noticed(change: bytes, folder: Path) -> None:
    (folder / store.SAMPLES).write_bytes(change)
    assert f"{store.SAMPLES} is missing or was altered" in damage(folder)


def test_a_missing_file_is_noticed(folder: Path) -> None:
    (folder / store.SAMPLES).unlink()
    with pytest.raises(DamagedResult, match="is missing"):
        store.read(folder)


@pytest.mark.parametrize("name", ["../../result.json", "/etc/passwd", store.LOG])
def test_a_result_cannot_point_at_other_files(name: str, folder: Path) -> None:
    edit(folder, files={name: files.file_digest(folder / store.LOG)})
    assert "is missing or was altered" in damage(folder)


PARTS = ("status", "trial", "protocol", "key", "origin", "model", "metrics", "scores", "timing", "environment", "files",
         "data", "training", "reason")  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("value", [None, [], {}, 3, "text"])
def test_an_edited_result_is_damaged_or_harmless(part: str, value: Any, tmp_path: Path) -> None:
    out = tmp_path / "runs"
    edit(results.write(out), **{part: value})
    boards, problems = collect(out)
    write_boards(boards, out / "leaderboards")
    assert bool(boards) != bool(problems)


def test_found_results_come_in_the_order_of_their_paths_with_the_damaged_ones(tmp_path: Path) -> None:
    folders = sorted(results.write(tmp_path, model=model, seed=seed) for model in ("b", "a") for seed in (1, 0))
    (folders[2] / store.RESULT).write_text("{")
    shutil.copytree(folders[0], store.work_folder(folders[0]))
    (tmp_path / "leaderboards").mkdir()
    found = list(store.find(tmp_path))
    assert [path for path, _ in found] == folders
    assert [isinstance(result, DamagedResult) for _, result in found] == [False, False, True, False]
    assert list(store.find(tmp_path / "nowhere")) == []


def test_a_result_has_metrics_only_by_the_same_source(folder: Path) -> None:
    found = store.read(folder)
    assert found.has("peak", "d")
    assert not found.has("peak", "another")
    assert not found.has("other", "d")


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

CONTENT = {"schema": store.SCHEMA, "status": "failed", "key": "k", "trial": results.trial(), "protocol": {"version": 1}}


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder in which a trial has worked."""
    made = store.work_folder(tmp_path / "d" / "g" / "m" / "key")
    made.mkdir(parents=True)
    (made / store.WEIGHTS).write_bytes(b"weights")
    return made


def test_publishing_gives_the_work_folder_its_final_name(work: Path) -> None:
    final = work.with_name("key")
    published = store.publish(work, final, parse(CONTENT))
    assert store.read(final) == published
    assert sorted(os.listdir(final)) == sorted([store.RESULT, store.WEIGHTS])
    assert os.listdir(final.parent) == ["key"]


def test_publishing_replaces_an_older_result(work: Path) -> None:
    final = work.with_name("key")
    final.mkdir()
    (final / "old").touch()
    store.publish(work, final, parse(CONTENT))
    assert not (final / "old").exists()


@pytest.mark.parametrize("failing", ["write_json", "file_digest"])
def test_a_run_that_is_killed_before_the_end_leaves_no_result(
    failing: str, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, failing, killed)
    with pytest.raises(KeyboardInterrupt):
        store.publish(work, work.with_name("key"), parse(CONTENT))
    monkeypatch.undo()
    assert list(store.find(work.parents[3])) == []
    assert store.publish_if_complete(work, work.with_name("key")) is None
    assert (work / store.WEIGHTS).exists()


def test_a_run_that_is_killed_before_the_renaming_is_finished_by_the_next(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(path: Path, target: Path) -> None:
        raise KeyboardInterrupt

    final = work.with_name("key")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            store.publish(work, final, parse(CONTENT))
    assert list(store.find(work.parents[3])) == []
    finished = store.publish_if_complete(work, final)
    assert finished is not None
    assert finished == store.read(final)
    assert not work.exists()


def test_a_half_written_file_beside_a_result_is_not_finished(work: Path) -> None:
    files.write_json(work / store.RESULT, {**CONTENT, "files": {store.WEIGHTS: "0" * 64}})
    assert store.publish_if_complete(work, work.with_name("key")) is None
    assert not work.with_name("key").exists()


def test_result_is_standard_json(folder: Path) -> None:
    json.loads((folder / store.RESULT).read_text(encoding="utf-8"), parse_constant=pytest.fail)


# ── scores of single images ──────────────────────────────────────────────────────────────────────────────────────────


SINGLE, DOUBLE = st.floats(width=32, allow_infinity=False), st.floats(allow_infinity=False)
IDS = st.lists(st.tuples(SINGLE, DOUBLE), min_size=1, max_size=5, unique_by=repr)


@given(
    IDS,
    st.lists(st.sampled_from([1e11, 2e11, 3.5e11, 1e15]), max_size=3, unique=True),
    st.sampled_from([scores.write, scores.write_long]),
)
def test_scores_come_back_to_the_bit_in_single_precision_and_in_double(
    rows: list[tuple[float, float]], rungs: list[float], write: Callable[..., None]
) -> None:
    ids = pd.Index([f"ä{i}" for i in range(len(rows))], name="id")
    table = pd.DataFrame(rows, columns=["single", "double@face"], index=ids, dtype="float64")
    written = {rung: table + number for number, rung in enumerate(rungs)} or {scores.NO_RUNG: table}
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / store.SCORES, written)
        found = scores.read(Path(folder) / store.SCORES)
    assert list(found) == sorted(written)
    for rung, there in found.items():
        kept = written[rung] if rung == max(written) else written[rung].dropna(axis="columns", how="all")
        pd.testing.assert_frame_equal(there, kept, check_exact=True)


@pytest.mark.parametrize("write", [scores.write, scores.write_long])
def test_a_metric_that_came_later_is_missing_at_lower_rungs(write: Callable[..., None], tmp_path: Path) -> None:
    ids = pd.Index(["a", "b"], name="id")
    last = pd.DataFrame({"peak": [1.0, 2.0], "late": [3.0, 4.0]}, ids)
    write(tmp_path / store.SCORES, {2e11: last, 1e11: last[["peak"]]})
    found = scores.read(tmp_path / store.SCORES)
    assert [list(table) for table in found.values()] == [["peak"], ["peak", "late"]]


def test_a_result_has_the_scores_of_each_rung(tmp_path: Path) -> None:
    trained, untrained = results.write(tmp_path), results.write(tmp_path, training=None, seed=None)
    found = store.read(trained)
    assert found.scores_at(results.FLOPS).equals(found.scores)
    with pytest.raises(KeyError):
        found.scores_at(1e11)
    assert store.read(untrained).scores_at(1e11).equals(store.read(untrained).scores)


def test_scores_as_pandas_writes_them_are_read_too(tmp_path: Path) -> None:
    table = pd.DataFrame({"peak": [1.0, 2.0]}, index=pd.Index(["a", "b"], name="id"))
    table.to_parquet(tmp_path / store.SCORES)
    pd.testing.assert_frame_equal(scores.read(tmp_path / store.SCORES)[scores.NO_RUNG], table)


@pytest.mark.parametrize("index", [["a", "a"], None])
def test_a_table_that_is_none_of_images_is_damaged(index: list[str] | None, tmp_path: Path) -> None:
    pd.DataFrame({"peak": [1.0, 2.0]}, index=index and pd.Index(index, name="id")).to_parquet(tmp_path / store.SCORES)
    with pytest.raises(ValueError, match="no table of one row"):
        scores.read(tmp_path / store.SCORES)


@pytest.mark.parametrize("spoilt", [{"id": "a"}, {"id": None}, {"metric": None}, {"rung": None}, {"score": "1"}])
def test_a_row_a_score_has_each_once(spoilt: dict[str, Any], tmp_path: Path) -> None:
    long = pd.DataFrame({"rung": 0.0, "id": ["a", "b"], "metric": "peak", "score": [1.0, 2.0]}).assign(**spoilt)
    long.to_parquet(tmp_path / store.SCORES)
    with pytest.raises(ValueError, match=store.SCORES):
        scores.read(tmp_path / store.SCORES)


@given(st.lists(st.floats(width=32, allow_infinity=False), min_size=1))
def test_coarse_scores_are_those_of_torch(values: list[float]) -> None:
    expected = torch.tensor(values).bfloat16().double().numpy()
    found = scores.coarse(pd.Series(values, dtype="float64")).to_numpy()
    same = np.where(np.isfinite(expected), expected, values)  # what would become infinite stays
    assert np.array_equal(found, same, equal_nan=True)


def test_a_file_that_is_no_table_is_damaged(folder: Path) -> None:
    (folder / store.SCORES).write_bytes(b"PAR1")
    with pytest.raises(ValueError, match="cannot be read"):
        scores.read(folder / store.SCORES)
    with pytest.raises(DamagedResult, match="cannot be read"):
        _ = store.Result(folder, parse(json.loads((folder / store.RESULT).read_text()))).scores


def test_a_result_with_an_infinite_score_is_damaged(tmp_path: Path) -> None:
    """The harness stores none, so that every mean on boards is finite."""
    folder = results.write(tmp_path, {"peak": 20.0})
    results.write_scores(folder, results.scores_in(folder).assign(peak=math.inf))
    with pytest.raises(ValueError, match="infinite"):
        scores.read(folder / store.SCORES)
    with pytest.raises(ValueError, match="mean"):
        results.write(tmp_path / "other", {"peak": math.inf})
