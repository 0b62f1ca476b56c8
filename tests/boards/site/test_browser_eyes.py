"""The blind test in a real browser: keys, buttons, undo, a reload; and the file of votes is one that is merged."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchbench.boards.submissions.merge import merge

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def downloaded(page: Any, to: Path) -> dict[str, Any]:
    """The file that a click on the button gives."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    download.value.save_as(to)
    votes: dict[str, Any] = json.loads(to.read_text(encoding="utf-8"))
    return votes


def test_votes_are_cast_by_keys_and_buttons_undone_and_merged(
    site: Path, tmp_path: Path, visit: Callable[..., Any]
) -> None:
    page = visit(site, "eyes.html")
    question, middle = page.locator("[data-role=question]"), page.locator("[data-role=caption-between]")
    assert page.get_by_role("button", name="Download").is_disabled()
    assert (question.inner_text(), "degraded" in middle.inner_text()) == ("Which looks more natural?", True)
    page.keyboard.press("ArrowLeft")
    assert ("closer" in question.inner_text(), middle.inner_text()) == (True, "the original")
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="No difference").click()
    page.keyboard.press("Backspace")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")  # a pair of which one question is answered is not in the file
    first = downloaded(page, tmp_path / "votes.json")
    answers = [(vote["natural"], vote["closer"]) for vote in first["votes"]]
    assert answers == [("left", "right"), ("right", "tie")]
    page.reload()
    assert downloaded(page, tmp_path / "again.json") == first
    [verdict] = merge([tmp_path / "votes.json"], site.parent / "runs")
    assert verdict.verdict == "added"
    while page.get_by_role("button", name="Left").is_enabled():
        page.keyboard.press("ArrowLeft")
    whole = downloaded(page, tmp_path / "votes.json")
    assert whole["votes"][:2] == first["votes"]
    [verdict] = merge([tmp_path / "votes.json"], site.parent / "runs")
    assert (verdict.verdict, len(whole["votes"]) > 20) == ("replaced", True)


def test_of_many_pairs_a_voter_is_asked_those_of_whole_boards(
    site: Path, tmp_path: Path, visit: Callable[..., Any]
) -> None:
    some = Path(shutil.copytree(site, tmp_path / "site"))
    text = (some / "eyes.html").read_text(encoding="utf-8")
    (some / "eyes.html").write_text(re.sub(r'"asked": \d+', '"asked": 6', text), encoding="utf-8")
    page = visit(some, "eyes.html")
    shown = json.loads(page.locator("[data-role=data]").inner_text())["pairs"]
    while page.get_by_role("button", name="Left").is_enabled():
        page.keyboard.press("ArrowLeft")
    votes = downloaded(page, tmp_path / "votes.json")["votes"]
    board = {frozenset(pair["pictures"]): pair["board"] for pair in shown}
    asked = [board[frozenset((vote["left"], vote["right"]))] for vote in votes]
    assert (len(asked), len(set(asked)), len(set(board.values()))) == (6, 1, 2)
    page.reload()
    assert downloaded(page, tmp_path / "again.json")["votes"] == votes


def test_the_pictures_lie_on_the_side_that_a_vote_says(site: Path, tmp_path: Path, visit: Callable[..., Any]) -> None:
    page = visit(site, "eyes.html")
    shown = json.loads(page.locator("[data-role=data]").inner_text())
    strips = [page.locator(f"[data-role={side}] image").get_attribute("href") for side in ("left", "right")]
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    [vote] = downloaded(page, tmp_path / "votes.json")["votes"]
    [pair] = [pair for pair in shown["pairs"] if set(pair["pictures"]) == {vote["left"], vote["right"]}]
    of = dict(zip(pair["pictures"], pair["strips"], strict=True))
    assert strips == [of[vote["left"]], of[vote["right"]]]
