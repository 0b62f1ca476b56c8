"""Boards are exactly what their results give, or it is said where they are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import results
from click.testing import CliRunner

from benchbench.boards import build
from benchbench.boards.verify import verify
from benchbench.cli import main
from benchbench.files import read_json, write_json
from benchbench.results.layout import PACKED


@pytest.fixture
def boards(tmp_path: Path) -> Path:
    """A folder as in the repository: boards, their results within, and a text that is nobody's board."""
    folder = tmp_path / "leaderboards"
    for model, score in (("a", 20.0), ("b", 30.0)):
        results.write(folder / "results", {"peak": score}, model=model)
    build(folder / "results", folder)
    for name in ("CONTRIBUTING.md", "grid.toml", "rank.toml", "entrants.toml", "my_net.py"):
        (folder / name).write_text("by people")
    return folder


PUBLISHED = Path(__file__).parents[2] / "leaderboards"


def found(boards: Path) -> list[str]:
    return [str(difference) for difference in verify(boards / "results", boards)]


def board(boards: Path, suffix: str) -> Path:
    return boards / "toy-faces" / f"darken{suffix}"


def test_boards_as_they_were_built_are_right(boards: Path) -> None:
    before = sorted(boards.rglob("*"))
    assert found(boards) == []
    assert sorted(boards.rglob("*")) == before


@pytest.mark.parametrize("there", [True, False])
def test_of_no_results_nothing_is_verified(tmp_path: Path, there: bool) -> None:
    """A mistyped folder is no board that is right."""
    folder = tmp_path / "results"
    if there:
        folder.mkdir()
    ended = CliRunner().invoke(main, ["leaderboard", "verify", "--runs", str(folder)])
    assert ended.exit_code == 2
    assert f"there are no results under {folder}" in ended.output


@pytest.mark.parametrize("suffix", [".md", ".csv", ".json", ".speed.md"])
def test_an_edit_of_any_line_is_found(boards: Path, suffix: str) -> None:
    path = board(boards, suffix)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    step = 1 + len(lines) // 40  # in a long file some lines
    for number in range(0, len(lines), step):
        line = lines[number]
        edits = {line.replace(line[:1], b"#"), line[:-1] + b" \n", b""} - {line}
        for edited in edits:
            path.write_bytes(b"".join([*lines[:number], edited, *lines[number + 1 :]]))
            [difference] = found(boards)
            assert difference.startswith(f"toy-faces/darken{suffix}:")
            assert "expected: " in difference
    path.write_bytes(whole)
    assert found(boards) == []


def test_an_edited_cell_is_named_with_its_line_and_both_values(boards: Path) -> None:
    path = board(boards, ".md")
    text = path.read_text()
    path.write_text(text.replace("30.00", "31.00"))
    [difference] = found(boards)
    line = 1 + next(i for i, row in enumerate(text.splitlines()) if "30.00" in row)
    head, expected, given = difference.splitlines()
    assert head.startswith(f"toy-faces/darken.md:{line}: ")
    assert "30.00" in expected
    assert "31.00" in given


EDITS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda b: board(b, ".csv").unlink(), "toy-faces/darken.csv: missing"),
    "surplus": (lambda b: (b / "toy-faces" / "mine.md").write_text("x"), "toy-faces/mine.md: surplus"),
    "surplus folder": (lambda b: ((b / "d").mkdir(), (b / "d" / "x.webp").touch()), "d/x.webp: surplus"),
    "line ends": (lambda b: board(b, ".csv").write_bytes(board(b, ".csv").read_bytes().replace(b"\n", b"\r\n")), "darken.csv:1: "),
    "no text": (lambda b: board(b, ".md").write_bytes(b"\xff\xfe"), "darken.md:1: "),
    "emptied": (lambda b: board(b, ".json").write_text(""), "(no such line)"),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_whatever_is_not_given_by_results_is_named(edit: str, boards: Path) -> None:
    change, expected = EDITS[edit]
    change(boards)
    [difference] = found(boards)
    assert expected in difference


def test_pictures_may_differ_in_their_bytes_but_not_be_missing(tmp_path: Path) -> None:

    import numpy as np

    from benchbench.images import png

    folder = tmp_path / "leaderboards"
    results.write(folder / "results", samples=png(np.zeros((48, 32, 3), np.uint8)))
    build(folder / "results", folder)
    picture = board(folder, ".webp")
    picture.write_bytes(b"drawn by another library")
    assert found(folder) == []
    picture.unlink()
    assert found(folder) == ["toy-faces/darken.webp: missing"]


def test_a_damaged_result_is_no_right_board(boards: Path) -> None:
    next((boards / "results").rglob("result.json")).write_text("{")
    assert any("left out" in line for line in found(boards))


def test_bytes_behind_the_end_of_a_packed_result_are_found(boards: Path) -> None:
    for path in (boards / "results").rglob("result.json"):
        write_json(packed := path.with_name(PACKED), read_json(path))
        path.unlink()
    assert found(boards) == []
    packed.write_bytes(packed.read_bytes() + b"smuggled")
    assert any("left out" in line and "8 bytes behind its end" in line for line in found(boards))


def test_the_commands_find_the_published_boards(boards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(boards.parent)
    assert CliRunner().invoke(main, ["leaderboard", "verify"]).exit_code == 0
    board(boards, ".md").write_text("edited")
    refused = CliRunner().invoke(main, ["leaderboard", "verify"])
    assert refused.exit_code == 1
    assert "darken.md:1" in refused.stderr
    assert CliRunner().invoke(main, ["leaderboard", "build"]).exit_code == 0
    assert CliRunner().invoke(main, ["leaderboard", "verify"]).exit_code == 0


def test_build_tells_by_its_exit_code_that_a_result_was_left_out(boards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(boards.parent)
    next((boards / "results").rglob("result.json")).write_text("{")
    done = CliRunner().invoke(main, ["leaderboard", "build"])
    assert done.exit_code == 1
    assert "left out" in done.stderr
    assert "darken.md" in done.stdout


@pytest.mark.parametrize("command", [["build"], ["fairness", "--by", "gender"]])
def test_a_folder_without_results_is_a_mistake_in_the_command(command: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["leaderboard", *command, "--runs", str(tmp_path / "none")])
    assert done.exit_code == 2
    assert "there are no" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published boards are in the repository only")
def test_the_published_boards_are_what_their_results_give() -> None:
    """With whatever libraries are installed here: no digit of a board may hang on how one of them sums."""
    assert found(PUBLISHED) == []
