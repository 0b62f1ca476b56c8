"""The front page of the boards, and the page of published figures."""

from __future__ import annotations

from pathlib import Path

import pytest
import results
from boards import UNTRAINED
from markdown_it import MarkdownIt

from benchbench.boards import build
from benchbench.boards.published import write_published
from benchbench.errors import BenchbenchError

ROOT = Path(__file__).parents[2]
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


def links(page: Path) -> list[str]:
    tokens = [child for token in MARKDOWN.parse(page.read_text(encoding="utf-8")) for child in token.children or []]
    return [str(child.attrs["href"]) for child in tokens if child.type == "link_open"]


def test_the_index_names_the_best_of_each_board_and_leads_there(tmp_path: Path) -> None:
    for degradation, better in (("darken", "a"), ("gra|in", "b")):
        results.write(
            tmp_path / "runs", {"peak": 10}, model="identity", role="baseline", degradation=degradation, **UNTRAINED
        )
        results.write(
            tmp_path / "runs", {"peak": 40}, model="oracle", role="ideal", degradation=degradation, **UNTRAINED
        )
        for model in ("a", "b"):
            results.write(tmp_path / "runs", {"peak": 20.0 + (model == better)}, model=model, degradation=degradation)
    pages, problems = build(tmp_path / "runs", tmp_path / "boards")
    assert problems == []
    index = tmp_path / "boards" / "README.md"
    assert pages[-1] == index
    lines = [line for line in index.read_text(encoding="utf-8").splitlines() if line.startswith("| [")]
    assert [line.split("|")[-5].strip() for line in lines] == ["a", "b"]
    assert all("peak 21.00 dB" in line and "+11.00" in line for line in lines)
    assert {(tmp_path / "boards" / link).resolve() for link in links(index)} == {p.resolve() for p in pages[:-1]}


def test_models_that_may_be_the_best_too_are_counted(tmp_path: Path) -> None:
    for model in ("a", "b", "c"):
        results.write(tmp_path / "runs", model=model, **UNTRAINED)
    build(tmp_path / "runs", tmp_path / "boards")
    assert "a and 2 more" in (tmp_path / "boards" / "README.md").read_text(encoding="utf-8")


def test_the_published_figures_of_this_repository_make_a_page(tmp_path: Path) -> None:
    page = write_published(ROOT / "leaderboards" / "results", tmp_path)
    assert page is not None
    text = page.read_text(encoding="utf-8")
    assert text.count("**Not comparable:**") == text.count("\n## ") >= 3
    assert "| CVAE                        |    0.307 |       0.067 | 0.439 | 0.475 |" in text


def test_without_published_figures_there_is_no_page(tmp_path: Path) -> None:
    assert write_published(tmp_path, tmp_path) is None


@pytest.mark.parametrize(
    "text",
    ["[[source]]\ntitle = 'x'", "source = 3", "nonsense", "",
     "[[source]]\ntitle='t'\nreference='r'\ntask='t'\nwhy='w'\ncolumns=['a']\nrows=[['m', '1', '2']]"],
)  # fmt: skip
def test_figures_that_cannot_be_understood_are_an_error_that_names_the_file(text: str, tmp_path: Path) -> None:
    (tmp_path / "published.toml").write_text(text)
    with pytest.raises(BenchbenchError, match=r"published\.toml cannot be understood"):
        write_published(tmp_path, tmp_path)
