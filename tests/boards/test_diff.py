"""What moved, and whether it is more than chance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import results
from boards import UNTRAINED
from click.testing import CliRunner

from benchbench.boards import collect, write_boards
from benchbench.boards.diff import Change, diff
from benchbench.cli import main
from benchbench.errors import DataError
from benchbench.files import file_digest, read_json, write_json
from benchbench.results import store

NOISE = np.random.default_rng(0).normal(size=60)


def write(out: Path, model: str, scores: np.ndarray, names: str = "i", **training: Any) -> None:
    """A result with these scores of single images; of a model that needs no training, unless its seed says so."""
    folder = results.write(out, {"peak": float(scores.mean())}, model=model, **(training or UNTRAINED))
    ids = pd.Index([f"{names}{i}" for i in range(len(scores))], name="id")
    results.write_scores(folder, pd.DataFrame({"peak": scores}, index=ids))
    content = read_json(folder / store.RESULT)
    content["files"][store.SCORES] = file_digest(folder / store.SCORES)
    write_json(folder / store.RESULT, content)


def changes(tmp_path: Path) -> dict[str, Change]:
    return {c.model: c for c in diff(tmp_path / "a", tmp_path / "b")}


def test_equal_folders_have_no_difference(tmp_path: Path) -> None:
    for out in ("a", "b"):
        write(tmp_path / out, "m", 20 + NOISE)
    assert changes(tmp_path) == {}


def test_rows_are_new_gone_or_moved_with_rank_and_score(tmp_path: Path) -> None:
    write(tmp_path / "a", "old", 10 + NOISE)
    write(tmp_path / "a", "stays", 20 + NOISE)
    write(tmp_path / "b", "stays", 20 + NOISE)
    write(tmp_path / "b", "new", 30 + NOISE)
    found = changes(tmp_path)
    assert {model: c.what for model, c in found.items()} == {"old": "gone", "stays": "moved", "new": "new"}
    assert found["stays"].rank == ("1", "2")
    assert found["stays"].p is None
    assert found["new"].score == ("", f"{(30 + NOISE).mean():.2f}")


def test_a_shift_of_all_images_is_more_than_chance_and_other_noise_is_not(tmp_path: Path) -> None:
    other = np.random.default_rng(1).normal(size=60)
    for model, before, after in (("better", NOISE, NOISE + 0.3), ("same", NOISE, other)):
        write(tmp_path / "a", model, 20 + before)
        write(tmp_path / "b", model, 20 + after)
    found = changes(tmp_path)
    assert found["better"].reason == "more than chance"
    assert found["same"].reason == "chance may explain it"


def test_single_trainings_are_not_compared_but_several_are(tmp_path: Path) -> None:
    for out, shift in (("a", 0.0), ("b", 1.0)):
        write(tmp_path / out, "once", 20 + shift + NOISE, seed=0)
        for seed in range(3):
            write(tmp_path / out, "fickle", 20 + shift + seed + NOISE, seed=seed)
            write(tmp_path / out, "sure", 20 + shift + 0.1 * seed + NOISE, seed=seed)
    found = changes(tmp_path)
    assert found["once"].reason.startswith("not tested: trained once")
    assert found["fickle"].reason == "chance may explain it"
    assert found["sure"].reason == "more than chance"


def test_other_test_images_are_not_compared(tmp_path: Path) -> None:
    write(tmp_path / "a", "m", 20 + NOISE)
    write(tmp_path / "b", "m", 21 + NOISE, names="j")
    assert changes(tmp_path)["m"].reason == "not tested: other test images"


def test_another_setting_is_another_board(tmp_path: Path) -> None:
    results.write(tmp_path / "a", fingerprint="1")
    results.write(tmp_path / "b", fingerprint="2")
    assert sorted(c.what for c in diff(tmp_path / "a", tmp_path / "b")) == ["gone", "new"]


def test_boards_tell_what_moved_but_not_whether_by_chance(tmp_path: Path) -> None:
    for out, shift in (("a", 0), ("b", 1)):
        write(tmp_path / "runs" / out, "m", 20 + shift + NOISE)
        write_boards(collect(tmp_path / "runs" / out)[0], tmp_path / out)
        write_json(tmp_path / out / "toy-faces" / "overall.json", [{"dataset": "toy-faces", "ranked_by": "peak"}])
    change = changes(tmp_path)["m"]
    assert (change.what, change.p) == ("moved", None)
    assert "boards hold no scores of single images" in change.reason


def test_a_folder_without_anything_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither results nor boards"):
        diff(tmp_path, tmp_path)


def test_a_folder_in_place_of_a_board_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "faces" / "swirl.json").mkdir(parents=True)
    with pytest.raises(DataError, match=r"swirl\.json is damaged: (IsADirectoryError|PermissionError)"):
        diff(tmp_path, tmp_path)


def test_the_command_prints_a_table_or_json(tmp_path: Path) -> None:
    for out, shift in (("a", 0.0), ("b", 0.5)):
        write(tmp_path / out, "[bold]m", 20 + shift + NOISE)
    call = ["leaderboard", "diff", str(tmp_path / "a"), str(tmp_path / "b")]
    shown = CliRunner().invoke(main, call)
    assert shown.exit_code == 0
    assert "[bold]m" in shown.output
    assert "more than chance" in " ".join(shown.output.split())
    [change] = json.loads(CliRunner().invoke(main, [*call, "--json"]).output)
    assert change["reason"] == "more than chance"
    same = CliRunner().invoke(main, [*call[:-1], str(tmp_path / "a")])
    assert "Nothing moved" in same.output


# ── chance ───────────────────────────────────────────────────────────────────────────────────────────────────────────
