"""The slider of a board's page: each rung is the board that `--at` gives."""

from __future__ import annotations

from pathlib import Path

import gallery

from benchbench.boards import collect
from benchbench.boards.site import rungs
from benchbench.boards.site.entries import entries
from benchbench.boards.view import view_of


def test_each_rung_of_the_slider_is_the_board_at_that_rung(tmp_path: Path) -> None:
    out = gallery.of_rungs(tmp_path)
    [entry] = entries(collect(out)[0])
    slider = rungs.at_each(entry, "../../")
    assert slider is not None
    assert slider["at"] == 2
    for flops, shown in zip((1e12, 2e12, 5e12), slider["rungs"], strict=True):
        view = view_of(collect(out, flops)[0][0])
        assert [row[:2] for row in shown["rows"]] == [[row.model, row.ranks] for row in view.rows]
        assert [(row[3], bool(row[4])) for row in shown["rows"]] == [(row.span, row.rising) for row in view.rows]
        for row, (*_, cells) in zip(view.rows, shown["rows"], strict=True):
            found = [row.cells[key] for key in slider["columns"]]
            assert [cell[0] for cell in cells] == [cell.text + cell.unit for cell in found]
            assert [(cell[2], bool(cell[3])) for cell in cells] == [(cell.margin, cell.best) for cell in found]
        assert view.score(view.leader) in shown["lede"]
