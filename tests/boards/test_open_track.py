"""The open track: what was trained elsewhere stands on a board, and is ranked apart from what was trained here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import reading
import results
from boards import BASELINE, ORACLE, UNTRAINED, board

from benchbench.api.console import text_of
from benchbench.boards import collect
from benchbench.boards.markdown.board import section
from benchbench.boards.overall import overall
from benchbench.boards.view import view_of
from benchbench.boards.write import as_table

OPEN: dict[str, Any] = {"role": "open", **UNTRAINED}


def write(out: Path, *, seeds: int = 3, with_open: bool = True, **setting: Any) -> None:
    """Three trained models, both ends of the scale, and two entrants from elsewhere, one better than all others."""
    results.write(out, {"peak": 10}, noise=0.4, **BASELINE, **setting)
    results.write(out, {"peak": 40}, noise=0.3, **ORACLE, **setting)
    for model, mean in (("a", 20.0), ("b", 20.1), ("c", 15.0)):
        for seed in range(seeds):
            results.write(out, {"peak": mean + 0.1 * seed}, model=model, seed=seed, noise=0.5, **setting)
    for model, mean in (("far", 35.0), ("near", 20.05)) if with_open else ():
        results.write(out, {"peak": mean}, model=model, noise=0.6, signs=[1, 1, -1], parameters=7, **OPEN, **setting)


def test_an_open_entrant_changes_nothing_of_what_was_trained_here(tmp_path: Path) -> None:
    """Neither ranks nor their ranges, which depend on how many pairs are tested, nor who is equivalent."""
    write(tmp_path / "with")
    write(tmp_path / "without", with_open=False)
    rows, alone = board(tmp_path / "with").rows, board(tmp_path / "without").rows
    assert list(rows["model"])[:2] == ["oracle", "far"]  # shown where its score is
    kept = rows[rows["role"] != "open"].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept[alone.columns], alone, check_exact=True)


def test_an_open_entrant_is_ranked_among_its_like(tmp_path: Path) -> None:
    write(tmp_path)
    view = view_of(board(tmp_path))
    ranks = {row.model: row.ranks for row in view.rows if row.role == "open"}
    assert ranks == {"far": "open 1", "near": "open 2"}
    [far] = [row for row in view.rows if row.model == "far"]
    assert [row.model for row in view.ranked_with(far)] == ["far", "near"]
    table = as_table(view.board)
    assert dict(zip(table["model"], table["role"], strict=True))["far"] == "open"  # or its rank would be read as theirs


def test_an_open_entrant_is_neither_leader_nor_bold_nor_on_a_front(tmp_path: Path) -> None:
    write(tmp_path)
    view = view_of(board(tmp_path))
    assert view.leader is not None
    assert view.leader.model == "b"
    assert "far" not in view.peers
    assert not any(cell.best for row in view.rows if row.role == "open" for cell in row.cells.values())
    assert not {"far", "near"} & {model for chain in view.chains.values() for model, _, _ in chain}


@pytest.mark.parametrize("seeds", [1, 3])
def test_markdown_and_terminal_say_which_rows_are_open_and_what_that_is(seeds: int, tmp_path: Path) -> None:
    """With ranks, and where there are none, because nothing was trained twice."""
    write(tmp_path, seeds=seeds)
    view = view_of(board(tmp_path))
    text = section(view, {})
    table = reading.tables(text)[0]
    marks = {row[table[0].index("model")]: row[0] for row in table[1:]}
    assert marks["far"] == ("open 1" if seeds > 1 else "open")
    assert [model for model, mark in marks.items() if "open" in mark] == ["far", "near"]
    for shown in (text, text_of([view])):
        assert "trained elsewhere, on images that nobody here can vouch for" in " ".join(shown.split())


def test_a_board_of_open_entrants_alone_has_no_leader(tmp_path: Path) -> None:
    results.write(tmp_path, {"peak": 30}, model="far", **OPEN)
    view = view_of(board(tmp_path))
    assert view.leader is None
    assert [row.ranks for row in view.rows] == ["open 1"]


def test_over_all_degradations_an_open_entrant_changes_no_share_and_no_rank(tmp_path: Path) -> None:
    for name, with_open in (("with", True), ("without", False)):
        for place in range(6):
            setting = {"degradation": f"darken:{place}"}
            results.write(tmp_path / name, {"peak": 10}, **BASELINE, **setting)
            for model in ("a", "b"):
                results.write(tmp_path / name, {"peak": 20 + 3 * place % 5 + (model == "a")}, model=model, **setting)
            if with_open:
                results.write(tmp_path / name, {"peak": 30 + place % 2}, model="far", **OPEN, **setting)
    [found], [alone] = (overall(collect(tmp_path / name)[0]) for name in ("with", "without"))
    kept = found.rows[found.rows["role"] != "open"].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, alone.rows, check_exact=True)
    assert column_of(found.rows, "rank")["far"] == 1
    assert column_of(found.rows, "won")["far"] == 0


def column_of(rows: pd.DataFrame, name: str) -> dict[str, Any]:
    return dict(zip(rows["model"], rows[name], strict=True))
