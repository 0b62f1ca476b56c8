"""Runs in a folder that has results: what stands is kept, what is missing or damaged is made."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from jobs import Recorder, go, scores

from benchbench.results import store


def test_failed_trials_are_tried_again_and_done_ones_are_not(tmp_path: Path) -> None:
    recorder = Recorder()
    for _ in range(2):
        go(tmp_path, recorder, model=("faulty", "identity"))
    assert recorder.plans == [(2, 2), (2, 1)]


def test_a_skipped_trial_is_not_tried_again_while_its_reason_holds(tmp_path: Path) -> None:
    recorder = Recorder()
    for _ in range(2):
        go(tmp_path, recorder, degradation=("grain",), model=("oracle", "identity"))
        go(
            tmp_path,
            recorder,
            dataset=("toy-faces:masked=false",),
            degradation=("darken:region=face",),
            model=("identity",),
        )
    assert recorder.plans == [(2, 2), (1, 1), (2, 0), (1, 0)]


def test_fresh_runs_everything_again(tmp_path: Path) -> None:
    recorder = Recorder()
    for fresh in (False, True):
        go(tmp_path, recorder, model=("identity",), fresh=fresh)
    assert recorder.plans == [(1, 1), (1, 1)]


def test_a_damaged_result_is_made_again(tmp_path: Path) -> None:
    first = go(tmp_path, model=("identity",))
    scores_file = next(tmp_path.rglob("identity/*/metrics.parquet"))
    scores_file.write_bytes(scores_file.read_bytes()[:-10])
    assert scores(go(tmp_path, model=("identity",))) == scores(first)


def test_a_whole_result_that_only_lacked_its_name_is_kept(tmp_path: Path, cache: Path) -> None:
    report = go(tmp_path, model=("tiny-conv",))
    final = next(tmp_path.rglob("tiny-conv/*/result.json")).parent
    final.rename(store.work_folder(final))
    again = go(tmp_path, model=("tiny-conv",))
    assert again.results == report.results


def test_other_threads_are_another_result(tmp_path: Path) -> None:
    recorder = Recorder()
    for threads in (1, 2, 1):
        go(tmp_path, recorder, model=("identity",), threads=threads)
    assert recorder.plans == [(1, 1), (1, 1), (1, 0)]


@pytest.mark.parametrize("junk", [b"", b"\x02\0\0\0\0\0\0\0{}"])
def test_a_damaged_checkpoint_is_no_obstacle(tmp_path: Path, junk: bytes) -> None:
    first = go(tmp_path, model=("tiny-conv",))
    final = next(tmp_path.rglob("tiny-conv/*/result.json")).parent
    shutil.rmtree(final)
    store.work_folder(final).mkdir()
    (store.work_folder(final) / "checkpoint.safetensors").write_bytes(junk)
    assert scores(go(tmp_path, model=("tiny-conv",))) == scores(first)


def test_a_link_in_place_of_a_work_folder_is_not_followed(tmp_path: Path) -> None:
    first = go(tmp_path / "out", model=("identity",))
    final = next(tmp_path.rglob("identity/*/result.json")).parent
    precious = tmp_path / "precious"
    final.rename(precious)
    for link in (final, store.work_folder(final)):
        link.symlink_to(precious)
    (precious / store.RESULT).unlink()
    before = sorted(os.listdir(precious))
    assert scores(go(tmp_path / "out", model=("identity",))) == scores(first)
    assert sorted(os.listdir(precious)) == before


def test_all_sections_of_a_board_file_stay(tmp_path: Path) -> None:
    go(tmp_path, model=("tiny-conv",), budget="1epochs")
    text = go(tmp_path, model=("tiny-conv",), budget="recipe").written[0].read_text()
    assert text.count("\n## ") == 2
