"""People's votes, from the page of the blind test to the boards."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import gallery
import pytest

from benchbench.boards import build, collect
from benchbench.boards.eyes import eyes_of
from benchbench.boards.preferences import strengths
from benchbench.boards.samples import restorations
from benchbench.boards.site import eyes
from benchbench.boards.site.entries import entries
from benchbench.boards.site.pictures import album
from benchbench.boards.submissions.merge import Verdict, merge
from benchbench.boards.verify import verify
from benchbench.boards.view import view_of
from benchbench.boards.votes import read_ballot
from benchbench.boards.write import as_json

VOTER = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of two boards."""
    return gallery.small(tmp_path_factory.mktemp("written"))


@pytest.fixture
def runs(written: Path, tmp_path: Path) -> Path:
    """A copy of them."""
    return Path(shutil.copytree(written, tmp_path / "results"))


def page(runs: Path, to: Path) -> Any:
    """What the page of the blind test shows."""
    placed = entries(collect(runs)[0])
    return eyes.data(placed, {entry.id: found for entry in placed if (found := album(to, entry.board))})


def votes(pairs: list[dict[str, Any]], runs: Path) -> list[dict[str, str]]:
    """Votes of somebody who finds the brighter natural, and the darker closer."""
    made = {picture: model for board in collect(runs)[0] for picture, [(model, _)] in restorations(board).items()}
    bright = {"plain": 0, "tiny-conv": 10, "late": 20, "wide:width=64": 60}
    found = []
    for pair in pairs:
        left, right = pair["pictures"]
        brighter = bright[made[left]] > bright[made[right]]
        sides = ("left", "right") if brighter else ("right", "left")
        found.append({"left": left, "right": right, "natural": sides[0], "closer": sides[1]})
    return found


def sent(to: Path, cast: list[dict[str, str]], **facts: Any) -> Path:
    """A file of votes."""
    to.write_text(json.dumps({"schema": 1, "voter": VOTER, "votes": cast} | facts), encoding="utf-8")
    return to


def only(path: Path, into: Path) -> Verdict:
    """The verdict on a file of votes."""
    [verdict] = merge([path], into)
    assert "\n" not in str(verdict)
    return verdict


def test_votes_tell_of_the_boards_that_show_their_pictures(runs: Path, tmp_path: Path) -> None:
    boards = {board.setting.degradation: board for board in collect(runs)[0]}
    elsewhere = restorations(boards["swirl:strength=3"])
    cast = [v for v in votes(page(runs, tmp_path)["pairs"], runs) if not {v["left"], v["right"]} <= elsewhere.keys()]
    assert only(sent(tmp_path / "votes.json", cast[:2]), runs).verdict == "added"
    assert only(sent(tmp_path / "votes.json", cast), runs).verdict == "replaced"
    assert only(tmp_path / "votes.json", runs).verdict == "known"
    assert only(sent(tmp_path / "older.json", cast[:2]), runs).verdict == "known"
    assert only(sent(tmp_path / "few.json", cast[:1]), runs).verdict == "known"
    voted = {board.setting.degradation: eyes_of(board) for board in collect(runs)[0]}
    assert voted["swirl:strength=3"] is None
    found = voted["darken"]
    assert found is not None
    assert [row["model"] for row in found.table] == ["wide:width=64", "late", "tiny-conv", "plain"]
    assert (found.votes, found.voters, sum(found.count)) == (len(cast), 1, 2 * len(cast))
    agreement = found.agreement["natural"]["mean-error"]
    assert agreement.tau < -0.9, "less error is better, and here people like errors"
    assert (found.agreement["closer"]["mean-error"].tau, agreement.models) == (-agreement.tau, 4)


@pytest.mark.slow
def test_boards_show_votes_and_without_any_are_as_they_were(runs: Path, tmp_path: Path) -> None:
    boards = tmp_path / "boards"
    build(runs, boards)
    without = {path: path.read_bytes() for path in boards.rglob("*") if path.suffix in (".md", ".json", ".csv")}
    only(sent(tmp_path / "votes.json", votes(page(runs, tmp_path)["pairs"], runs)), runs)
    differing = {d.file for d in verify(runs, boards)}
    assert differing == {f"toy-faces/{name}.{end}" for name in ("darken", "swirl,strength=3") for end in ("json", "md")}
    build(runs, boards)
    assert verify(runs, boards) == []
    assert "People’s eyes" in (boards / "toy-faces" / "darken.md").read_text(encoding="utf-8")
    shutil.rmtree(runs / "votes")
    build(runs, boards)
    assert {path: path.read_bytes() for path in without} == without


REFUSED: dict[str, tuple[Callable[[list[dict[str, str]]], Any], str]] = {
    "no list": (lambda cast: "x", "votes"),
    "another answer": (lambda cast: [cast[0] | {"closer": "both"}], "both"),
    "a field more": (lambda cast: [cast[0] | {"model": "mine"}], "model"),
    "no digest": (lambda cast: [cast[0] | {"left": "../../x"}], "left"),
    "an unknown picture": (lambda cast: [cast[0], cast[1] | {"left": "0" * 16}], "vote 2 is on the picture 0000"),
    "the same pair again": (lambda cast: [cast[0], cast[0]], "vote 2 is a second one"),
    "one picture": (lambda cast: [cast[0] | {"left": cast[0]["right"]}], "vote 1 has one picture on both sides"),
    "two images": (lambda cast: [cast[0] | {"left": other(cast)}], "not of two models on one image"),
    "too many": (lambda cast: cast * 60, "votes"),
}


def other(cast: list[dict[str, str]]) -> str:
    """A picture of another face than the first pair's, the last that has nothing to do with it."""
    faces: dict[str, set[str]] = {}
    for vote in cast:
        for mine, theirs in ((vote["left"], vote["right"]), (vote["right"], vote["left"])):
            faces.setdefault(mine, {mine}).add(theirs)
    near = faces[cast[0]["left"]] | faces[cast[0]["right"]]
    return next(picture for picture in faces if not faces[picture] & near)


def test_what_is_no_honest_file_of_votes_is_refused_in_a_line(runs: Path, tmp_path: Path) -> None:
    cast = votes(page(runs, tmp_path / "site")["pairs"], runs)
    for name, (change, reason) in REFUSED.items():
        verdict = only(sent(tmp_path / "votes.json", change(cast)), runs)
        assert (verdict.verdict, reason in verdict.reason) == ("refused", True), (name, verdict)
    for facts in ({"schema": 2}, {"voter": "../../../x"}, {"extra": 1}):
        assert only(sent(tmp_path / "votes.json", cast, **facts), runs).verdict == "refused"
    huge = sent(tmp_path / "votes.json", cast, padding="x" * 100_000)
    assert "bytes are more than the 64,000 that it may have" in only(huge, runs).reason
    assert not (runs / "votes").exists()


def test_a_byte_order_mark_before_votes_changes_nothing(tmp_path: Path) -> None:
    vote = {"left": "0" * 16, "right": "1" * 16, "natural": "left", "closer": "tie"}
    file = sent(tmp_path / "votes.json", [vote])
    known = read_ballot(file)
    for encoding in ("utf-8-sig", "utf-16"):
        (tmp_path / "marked.json").write_text(file.read_text(encoding="utf-8"), encoding=encoding)
        assert read_ballot(tmp_path / "marked.json") == known


def test_a_voter_who_votes_otherwise_is_refused_and_what_was_altered_is_left_out(runs: Path, tmp_path: Path) -> None:
    cast = votes(page(runs, tmp_path / "site")["pairs"], runs)
    file = sent(tmp_path / "votes.json", cast)
    assert only(file, runs).verdict == "added"
    verdict = only(sent(file, [cast[0] | {"natural": "tie"}, *cast[1:]]), runs)
    assert (verdict.verdict, "has voted here already" in verdict.reason) == ("refused", True)
    stored = runs / "votes" / f"{VOTER}.json"
    stored.rename(stored.with_stem("f" * 32))
    _, problems = collect(runs)
    assert problems == [f"{stored.with_stem('f' * 32)}: its votes are those of {VOTER}"]


def test_models_that_are_neighbours_in_rank_come_first_and_make_a_chain(tmp_path: Path) -> None:
    runs = gallery.grid(tmp_path / "results", [f"m{i}" for i in range(6)], ["darken"], {"history": False})
    [board] = collect(runs)[0]
    order = list(board.rows["model"])
    distances = [abs(order.index(p.models[0]) - order.index(p.models[1])) for p in eyes.pairs_of(board, "", 4)]
    assert distances[:5] == [1] * 5
    assert {m for p in eyes.pairs_of(board, "", 4)[:5] for m in p.models} == set(order)
    assert (len(distances), max(distances[:14])) == (4 * 15, 2)


def test_pictures_that_several_models_made_are_not_offered_and_votes_on_them_do_not_count(tmp_path: Path) -> None:
    for model, error in (("a", 10), ("twin", 10), ("b", 20), ("c", 30)):
        gallery.write(tmp_path / "results", 20.0, error, model=model, history=False)
    [board] = collect(tmp_path / "results")[0]
    offered = eyes.pairs_of(board, "", 4)
    assert {frozenset(pair.models) for pair in offered} == {frozenset("bc")}
    made = {model: picture for picture, owners in restorations(board).items() for model, image in owners if not image}
    cast = [
        {"left": made["a"], "right": made["b"], "natural": "left", "closer": "left"},
        {"left": made["b"], "right": made["c"], "natural": "left", "closer": "left"},
    ]
    assert only(sent(tmp_path / "votes.json", cast), tmp_path / "results").verdict == "added"
    found = eyes_of(collect(tmp_path / "results")[0][0])
    assert found is not None
    assert (found.votes, found.models) == (1, ["b", "c"])


def test_all_models_of_each_board_are_linked_and_of_many_boards_each_voter_is_asked_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def placed(boards: int, models: int) -> list[Any]:
        def pairs(board: Any, entry: str, count: int) -> list[eyes.Pair]:
            near = sorted(itertools.combinations(range(models), 2), key=lambda pair: (pair[1] - pair[0], pair))
            return [
                eyes.Pair(entry, (f"{a}", f"{b}"), image, (f"{entry} {a} {image}", f"{entry} {b} {image}"))
                for image in range(count)
                for a, b in near
            ]

        monkeypatch.setattr(eyes, "pairs_of", pairs)
        return [SimpleNamespace(id=f"board-{n}", board=SimpleNamespace(compression=None)) for n in range(boards)]

    for boards, models, expected in ((2, 5, 80), (3, 20, 100), (30, 8, 30 * 7)):
        known = placed(boards, models)
        chosen, possible = eyes.chosen(known, {entry.id: SimpleNamespace(ids=list("wxyz")) for entry in known})
        assert (len(chosen), possible) == (expected, boards * models * (models - 1) // 2 * 4)
        for entry in known:
            links, _ = eyes.linking(pair for pair in chosen if pair.board == entry.id)
            assert len(links) == models - 1


def test_boards_are_read_once_for_many_votes_and_their_scores_are_worked_out_once(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = votes(page(runs, tmp_path)["pairs"], runs)
    files = [sent(tmp_path / f"{n}.json", cast, voter=f"{n}" * 32) for n in range(3)]
    read, fitted = Mock(wraps=collect), Mock(wraps=strengths)
    monkeypatch.setattr("benchbench.boards.submissions.ballots.collect", read)
    monkeypatch.setattr("benchbench.boards.eyes.strengths", fitted)
    assert [verdict.verdict for verdict in merge(files, runs)] == ["added"] * 3
    assert read.call_count == 1
    board = collect(runs)[0][0]
    assert (view_of(board).eyes, as_json(board)["eyes"]["voters"]) == (eyes_of(board), 3)
    assert fitted.call_count == 2, "one fit for each question"


def test_a_file_that_lacks_earlier_votes_takes_none_away(runs: Path, tmp_path: Path) -> None:
    """The number of a voter is public, in the name of the file."""
    cast = votes(page(runs, tmp_path)["pairs"], runs)
    assert only(sent(tmp_path / "votes.json", cast[:3]), tmp_path / "none").verdict == "refused"
    assert only(sent(tmp_path / "votes.json", cast[:3]), runs).verdict == "added"
    verdict = only(sent(tmp_path / "other.json", cast[3:5]), runs)
    assert (verdict.verdict, "on 3 pairs that this file lacks" in str(verdict)) == ("refused", True)


def test_votes_in_a_folder_of_results_come_along(runs: Path, tmp_path: Path) -> None:
    cast = votes(page(runs, tmp_path / "site")["pairs"], runs)
    into = shutil.copytree(runs, tmp_path / "into")
    assert only(sent(tmp_path / "votes.json", cast), runs).verdict == "added"
    told = [list(merge([runs], into))[-1] for _ in range(2)]
    assert [verdict.verdict for verdict in told] == ["added", "known"], told
    assert (into / "votes" / f"{VOTER}.json").read_bytes() == (runs / "votes" / f"{VOTER}.json").read_bytes()
