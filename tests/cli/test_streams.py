"""Streams and settings of all sorts of terminals: nothing is lost at a character, and JSON stays JSON."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import click
import pytest
import results
from click.testing import CliRunner

from benchbench import streams
from benchbench.api.console import Console
from benchbench.boards import collect
from benchbench.boards.view import view_of
from benchbench.cli import main


@pytest.mark.parametrize("charset", ["cp1252", "cp437", "latin-1", "gbk"])
def test_a_stream_that_lacks_a_character_gets_a_replacement(charset: str) -> None:
    result = CliRunner(charset=charset).invoke(main, ["list", "metrics"])
    assert (result.exit_code, result.exception) == (0, None)
    assert "?" in result.stdout


@pytest.mark.parametrize("charset", ["cp1252", "ascii"])
def test_weights_and_boards_are_printed_where_a_stream_lacks_a_character(
    charset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = CliRunner(charset=charset).invoke(main, ["weights"])
    assert (result.exit_code, result.exception) == (0, None)
    stream = io.TextIOWrapper(io.BytesIO(), charset)
    monkeypatch.setattr(sys, "stdout", stream)
    streams.set_up()
    with tempfile.TemporaryDirectory() as folder:
        results.write(Path(folder))
        Console().draw(map(view_of, collect(Path(folder))[0]))
    stream.seek(0)
    assert "tiny-conv" in stream.read()


def test_json_is_escaped_where_a_stream_lacks_a_character() -> None:
    read = [
        json.loads(CliRunner(charset=c).invoke(main, ["list", "vif", "--json"]).stdout) for c in ("utf-8", "cp1252")
    ]
    assert read[0] == read[1]
    assert not str(read[0]).isascii()


def test_a_folder_whose_name_is_no_text_is_printed(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9")
    result = CliRunner().invoke(main, ["new-plugin", "my-fog", "--kind", "degradation", "--out", str(odd)])
    assert (result.exit_code, result.exception) == (0, None)
    assert (odd / "benchbench-my-fog").is_dir()


def test_no_notebook_chooses_where_plots_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "module://no_such_module.backend")
    assert CliRunner().invoke(main, ["list", "psnr"]).exit_code == 0
    assert os.environ["MPLBACKEND"] == "Agg"


@pytest.mark.parametrize("columns", ["0", "1", "39"])
def test_a_terminal_without_width_gets_tables_that_can_be_read(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", columns)
    assert Console().rich.width >= 40


def test_a_removed_folder_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    result = CliRunner().invoke(main, ["list", "psnr"])
    assert result.exit_code == 2
    assert "the folder that you are in was removed" in result.stderr


def test_the_home_folder_may_be_named_by_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    result = CliRunner().invoke(main, ["new-plugin", "my-fog", "--kind", "degradation", "--out=~/plugins"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "plugins" / "benchbench-my-fog").is_dir()


class _Deleted:
    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def test_a_ctrl_c_that_python_ignores_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def dawdle() -> None:
        _Deleted()
        time.sleep(60)

    monkeypatch.setitem(main.commands, "dawdle", dawdle)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        result = CliRunner().invoke(main, ["dawdle"])
    finally:
        signal.signal(signal.SIGINT, before)
    assert (result.exit_code, result.stderr) == (130, "benchbench: stopped\n")
