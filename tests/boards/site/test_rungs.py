"""The slider of a board's page: each rung is the board that `--at` gives."""

from __future__ import annotations

from pathlib import Path

import gallery

from benchbench.boards import collect
from benchbench.boards.site import rungs
from benchbench.boards.site.entries import entries
from benchbench.boards.site.pages import board_page
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


def test_a_model_that_lacks_the_pages_rung_waits_in_the_table_for_those_that_it_has(tmp_path: Path) -> None:
    out = gallery.of_rungs(tmp_path, short=(22.0, 22.5))
    [entry] = entries(collect(out, 5e12)[0])
    slider = rungs.at_each(entry, "../../")
    assert slider is not None
    assert [[row[0] for row in rung["rows"]] for rung in slider["rungs"]] == [
        ["early", "short", "late"], ["early", "late", "short"], ["late", "early"],
    ]  # fmt: skip
    [waiting] = rungs.elsewhere(entry)
    assert (waiting.model, waiting.ranks, waiting.span) == ("short", "–", None)
    assert {cell.text for cell in waiting.cells.values()} == {"–"}
    page = board_page("boards/toy-faces/darken.html", entry, None, dict.fromkeys(("early", "late", "short"), "trained"))
    assert page.count("data-away") == 1
    assert '<tr data-name="short" data-away ' in page
