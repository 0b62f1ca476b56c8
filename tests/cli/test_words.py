"""The words of the command line: `--out` is what a command writes, `--runs` what it reads; errors are JSON where asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from benchbench.cli import main

FOLDERS = {"--out", "--runs", "--boards"}
"""Of all folders that commands take by an option; `leaderboard verify` reads the boards, too."""
READ_ONLY = {"prune", "verify"}


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def commands(group: click.Group = main) -> Iterator[click.Command]:
    for command in group.commands.values():
        yield from commands(command) if isinstance(command, click.Group) else [command]


def options(command: click.Command) -> list[click.Option]:
    return [p for p in command.params if isinstance(p, click.Option)]


@pytest.mark.parametrize("command", list(commands()), ids=lambda command: command.name)
def test_a_folder_is_called_by_one_of_three_words(command: click.Command) -> None:
    shown = [o for o in options(command) if not o.hidden]
    folders = {o.opts[0] for o in shown if isinstance(o.type, click.Path) and not o.type.exists}
    assert folders <= FOLDERS
    assert ("--out" in folders) <= (command.name not in READ_ONLY)


NUMBERS = [
    (command, option) for command in commands() for option in options(command)
    if isinstance(option.type, click.types.FloatParamType)
]  # fmt: skip


def test_some_options_are_numbers() -> None:
    assert {option.opts[0] for _, option in NUMBERS} == {"--timeout", "--seconds"}


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1"])
def test_no_option_takes_what_is_no_number(value: str) -> None:
    for command, option in NUMBERS:
        with pytest.raises(click.BadParameter):
            option.type.convert(value, option, click.Context(command))
    done = call("degrade", __file__, "--with", "swirl", "--face", f"1,1,{value}")
    assert (done.exit_code, "Traceback" in done.stderr) == (2, False), done.stderr


@pytest.mark.parametrize(("old", "said"), [
    (["site", "--to", "x"], "--to is called --out here"),
    (["restore", __file__, "--degrade", "pixelate", "--to", "x"], "--to is called --out here"),
    (["leaderboard", "merge", "x", "--into", "x"], "--into is called --out here"),
    (["leaderboard", "verify", "--out", "x"], "--out is called --runs here"),
    (["leaderboard", "verify", "--to", "x"], "--to is called --boards here"),
    (["runs", "prune", "--out", "x"], "--out is called --runs here"),
])  # fmt: skip
def test_an_old_word_is_answered_by_the_new_one(old: list[str], said: str) -> None:
    done = call(*old)
    assert done.exit_code == 2
    assert said in done.stderr


@pytest.mark.parametrize("command", [["site"], ["leaderboard", "build"], ["restore", __file__, "--degrade", "swirl"]])
def test_no_command_writes_into_the_results_that_it_was_to_read(command: list[str], tmp_path: Path) -> None:
    result = tmp_path / "faces" / "swirl" / "unet" / "a-key" / "result.json"
    result.parent.mkdir(parents=True)
    result.write_text("{}")
    done = call(*command, "--out", tmp_path)
    assert done.exit_code == 2
    assert "name it by --runs" in done.stderr
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["result.json"]


@pytest.mark.parametrize("wrong", [
    ["list", "unett"],  # what a component is called
    ["list", "--jsonn"],  # what an option is called
    ["lis"],  # what a command is called
    ["run", "--seed", "1", "--seeds", "2"],  # options that contradict each other
    ["leaderboard", "fairness", "--by", "sex", "--runs", "nowhere"],  # a folder without results
    ["check", "no-such-thing"],
])  # fmt: skip
def test_where_json_is_asked_for_an_error_is_json_too(wrong: list[str]) -> None:
    plain, asked = call(*wrong), call(*wrong, "--json")
    error = json.loads(asked.stdout)
    assert error["exit_code"] == asked.exit_code == plain.exit_code > 0
    assert error["error"]
    assert error["error"] in plain.stderr
    assert plain.stdout == ""
    assert asked.stderr == plain.stderr


def test_a_kind_is_listed_by_its_name_in_singular_or_plural() -> None:
    for kind in ("dataset", "degradation", "model", "metric", "plugin"):
        one, many = call("list", kind, "--json"), call("list", f"{kind}s", "--json")
        assert {entry["kind"] for entry in json.loads(many.stdout)} == {kind}
        assert one.stdout == many.stdout
