"""Markdown, terminal and site show the same board: the same rows, heads, digits, bests and notes."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import codecs_board
import gallery
import pytest
import reading
import results
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rich.console import Console as RichConsole

from benchbench.api.console import Console
from benchbench.boards import Board, collect
from benchbench.boards.columns import GROUPS
from benchbench.boards.markdown.board import section
from benchbench.boards.view import view_of
from benchbench.running.run import Report

PUBLISHED = Path(__file__).parents[2] / "leaderboards" / "results"
GROUP = {words: group for group, words in GROUPS.items() if group != "main"}  # by the titles of their tables
METRICS = results.METRICS | {
    "third": results.metric(order=30),
    "fourth": results.metric(False, order=40, digits=1, unit="%"),
    "fifth": results.metric(order=50, digits=3),
    "hue-shift": results.metric(order=60, unit="°") | {"signed": True},
}
OF_SET = {"swd": results.metric(False, order=5, digits=1, of_set=True)}
Shown = dict[tuple[str, str], list[tuple[list[str], bool]]]
"""(group, head without arrow and unit) -> for each row the parts of its cell, sorted, and whether it is bold."""


def parts(text: str) -> list[str]:
    """A cell's number, margin and unit, in whatever order and apart from spaces."""
    return sorted(text.replace("**", "").split())


def plain(head: str) -> str:
    """A head without arrow and unit."""
    return re.sub(r"\s*(↑|↓|→ 0)?\s*(\[.*\])?$", "", head)


def in_markdown(board: Board) -> tuple[list[str], Shown, list[str]]:
    """The models, the cells and the notes of a board's Markdown."""
    text = section(view_of(board), {})
    models: list[str] = []
    shown: Shown = {}
    for part in re.split(r"^### ", text, flags=re.M)[1:]:
        title, _, body = part.partition("\n")
        group = GROUP.get(title.partition(" (")[0].lower(), "main")
        if group == "main" and not title.startswith("Whole"):
            continue
        [table] = reading.tables(body)
        bold = [[cell.strip().startswith("**") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
                for line in body.splitlines() if line.startswith("|")][2:]  # fmt: skip
        first = table[0].index("model")
        models = models or [row[first] for row in table[1:]]
        assert models == [row[first] for row in table[1:]]
        for position in range(first + 1, len(table[0])):
            rows = zip(table[1:], bold, strict=True)
            cells = [(parts(row[position]), is_bold[position]) for row, is_bold in rows]
            shown[group, plain(table[0][position])] = cells
    return models, shown, reading.list_items(text)


def on_site(page: reading.Page, codecs: int) -> tuple[list[str], Shown]:
    """The models and the cells of a board's page, on which so many codecs have a table of their own, above."""
    heads = [(a["data-group"], plain(h)) for a, h in page.cells("th") if "data-group" in a]
    names = [a["data-name"] for a in page.all("tr") if "data-name" in a]
    rows = []
    for name, (_, text) in zip(names, [c for c in page.cells("th") if c[0]["scope"] == "row"][codecs:], strict=False):
        assert text.startswith(name)
        told = re.fullmatch(
            r"( sees .*?)?( the input as it is| the ideal inverse| trained elsewhere)?( ↑ still rising)?",
            text.removeprefix(name),
        )
        assert told, text
        sees, rises = (told[1] or "").strip(), told[3]
        rows.append(name + (f" ({sees})" if sees else "") + (" ↑" if rises else ""))
    found = [text for a, text in page.cells("td") if "data-value" in a and a.get("class") != "rank"]
    shown: Shown = {}
    for position, (group, head) in enumerate(heads):
        cells = found[position :: len(heads)]
        name = head.removesuffix(group) if group.startswith("@") else head
        shown["main" if group == "cost" else group, name] = [(parts(text), text.startswith("**")) for text in cells]
    return rows, shown


def on_terminal(boards: Sequence[Board]) -> str:
    """What a run prints at its end on a wide terminal, with its styles."""
    console = Console()
    console.rich = RichConsole(width=1000, record=True, file=io.StringIO(), highlight=False, markup=False)
    console.show(Report([], 0, list(boards), [], [], []))
    return console.rich.export_text(styles=True)


def dense(text: str) -> str:
    """A text without what a page may set apart otherwise."""
    return re.sub(r"[\s:]", "", text)


def check(boards: Sequence[Board], files: Mapping[str, bytes]) -> None:
    """Hold the three against each other; `files` are those of the boards' site."""
    known = reading.pages({path: page for path, page in files.items() if path.startswith("boards/")})
    by_name = {page.inside("h1")[0]: page for page in known.values()}
    assert len(by_name) == len(boards)
    for board in boards:
        models, shown, notes = in_markdown(board)
        page = by_name[board.setting.degradation]
        codecs = board.compression.table if board.compression else []
        if models:
            assert on_site(page, len(codecs)) == track_by_track(board, models, shown)
        text = dense(" ".join(text for _, text in page.texts))
        printed = on_terminal([board])
        plain_print = re.sub(r"\x1b\[[0-9;]*m", "", printed)
        for note in notes:
            assert dense(note) in text
            assert note in reading.seen(plain_print)
        if codecs:
            compare_codecs(board, page, plain_print)
        else:
            compare_terminal(models if view_of(board).ranking else [], shown, printed)
        chains(board, page, plain_print)


def track_by_track(board: Board, models: list[str], shown: Shown) -> tuple[list[str], Shown]:
    """The models and the cells in the order of the page, which has a part of its own for what was trained elsewhere."""
    labels = [row.label for rows in view_of(board).tracks.values() for row in rows]
    order = [models.index(label) for label in labels]
    assert sorted(order) == list(range(len(models)))
    return labels, {head: [cells[n] for n in order] for head, cells in shown.items()}


def compare_codecs(board: Board, page: reading.Page, printed: str) -> None:
    """Hold the tables of codecs against each other: the first of the Markdown, of the page and on the terminal."""
    [heads, *rows], *_ = reading.tables(section(view_of(board), {}).partition("### Codecs")[2])
    count, width = len(rows), len(heads)
    names = [text for _, text in page.cells("th")[: width + count]]
    cells = [text for _, text in page.cells("td")[: (width - 1) * count]]
    assert names == [*heads, *(row[0] for row in rows)]
    assert cells == [cell for row in rows for cell in row[1:]]
    lines = [re.split("[│┃]", line)[1:-1] for line in printed.splitlines() if re.search("[│┃]", line)]
    assert [[cell.strip() for cell in line] for line in lines] == [heads, *rows]


def chains(board: Board, page: reading.Page, printed: str) -> None:
    """The best for each cost: on the page with cost and score, on the terminal by name; but for times, in Markdown."""
    columns, rows = view_of(board).cheapest
    found = view_of(board).chains
    for cost, chain in found.items():
        assert f"Best for its {cost}, the cheapest first: {' → '.join(model for model, _, _ in chain)}." in printed
        assert cost in page.inside("dt")
        told = dense(" ".join(page.inside("dd")))
        assert all(dense(f"{model}({price}, {score})") in told for model, price, score in chain)
    for column in columns[1:]:
        assert {row.model for row in rows if row.cells[column.key].best} == {m for m, _, _ in found[column.head]}


def compare_terminal(models: list[str], shown: Shown, printed: str) -> None:
    """Hold the terminal's table against what Markdown shows: it has ranks, models, scores, parameters; or none."""
    lines = [re.split("[│┃]", line)[1:-1] for line in printed.splitlines() if re.search("[│┃]", line)]
    assert bool(lines) == bool(models)
    texts = [[re.sub(r"\x1b\[[0-9;]*m", "", cell).strip() for cell in line] for line in lines]
    assert [line[1] for line in texts[1:]] == models
    for position, head in enumerate(texts[0][2:] if texts else [], 2):
        group = next(group for group in ("main", "set", "further") if (group, plain(head)) in shown)
        for line, cells, (known, is_best) in zip(texts[1:], lines[1:], shown[group, plain(head)], strict=True):
            assert line[position].split() in (known, known[:1]), "a number, and its margin"
            assert bool(re.search(r"\x1b\[(\d;)*1m", cells[position])) == is_best


def site_of(out: Path) -> tuple[list[Board], dict[str, bytes]]:
    """The boards under `out`, and their site."""
    with tempfile.TemporaryDirectory() as to:
        return collect(out)[0], gallery.build(out, Path(to) / "site")


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Results of a board of a few models, some of which have failed, lack scores, or are perfect."""
    score = st.floats(-3, 60, allow_subnormal=False) | st.sampled_from([20.0, 20.001, -0.0])
    columns = [name + region for name in METRICS for region in ("", "@face")]
    found = []
    for model in draw(st.lists(st.sampled_from("abcdefg"), min_size=1, unique=True)):
        known = draw(st.lists(st.sampled_from(columns), min_size=1, unique=True))
        facts = {"model": model, "role": draw(st.sampled_from(["", "", "", "baseline", "ideal", "open"]))}
        facts |= {"sees": ["truth"]} if draw(st.booleans()) else {}
        facts |= {"rate": {"bytes": 99.0, "bits_per_pixel": 3.1, "payload_bytes": 9.0}} if draw(st.booleans()) else {}
        facts |= {"sets": {"swd": (draw(score), 0.5)}} if draw(st.booleans()) else {}
        facts |= {"status": "failed", "reason": f"{model} is ill"} if draw(st.integers(0, 5)) == 0 else {}
        found.append({"scores": {name: draw(score) for name in known}, **facts})
    return found


@given(rows(), st.booleans())
@settings(max_examples=15, phases=[Phase.explicit, Phase.generate])
def test_random_boards_are_shown_alike(found: list[dict[str, Any]], twice: bool) -> None:
    hurt = METRICS | OF_SET | {"sick": results.metric(unavailable="has no *weights*")}
    with tempfile.TemporaryDirectory() as out:
        for facts in found:
            results.write(Path(out), metrics=hurt, **facts)
            if twice:
                results.write(Path(out), metrics=hurt, seed=1, **facts)
        check(*site_of(Path(out)))


@pytest.mark.parametrize("scores", [{"hue-shift": 1.0}, {"peak@face": 20.0}])
def test_a_board_that_nothing_ranks_is_shown_alike(scores: dict[str, float], tmp_path: Path) -> None:
    for seed in (0, 1):
        results.write(tmp_path, scores, metrics=METRICS, seed=seed)
    check(*site_of(tmp_path))


def test_a_gallery_of_boards_is_shown_alike(tmp_path: Path) -> None:
    check(*site_of(gallery.small(tmp_path)))


def test_a_board_of_codecs_is_shown_alike(tmp_path: Path) -> None:
    codecs_board.small(tmp_path)
    check(*site_of(tmp_path))


@pytest.mark.slow
@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published boards are in the repository only")
def test_the_published_boards_are_shown_alike() -> None:
    check(*site_of(PUBLISHED))
