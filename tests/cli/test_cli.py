"""The command line: exit codes, one-line errors, JSON, and what a newcomer sees."""

from __future__ import annotations

import functools
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from benchbench.cli import main
from benchbench.registry.registry import loaded

ROOT = Path(__file__).parents[2]
QUICK = ["--size", "16", "--dataset", "faces:n=60", "--metric", "psnr", "--metric", "ssim", "--device", "cpu"]


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_help_names_every_command() -> None:
    result = call("--help")
    assert result.exit_code == 0
    for command in main.commands:
        assert re.search(rf"^  {command}\b", result.output, re.MULTILINE)
        assert call(command, "--help").exit_code == 0


def test_list_shows_every_component_with_parameters_and_origin() -> None:
    result = call("list", "--json")
    assert result.exit_code == 0
    entries = json.loads(result.output)
    found = {(e["kind"], e["name"]): e for e in entries}
    assert found["degradation", "pixelate"]["distribution"] == "benchbench-portraits"
    block = found["degradation", "pixelate"]["parameters"][0]
    assert (block["name"], block["default"], block["unit"]) == ("block", "8", "px")
    assert all(e["description"] for e in entries)
    text = call("list", "models").output
    assert "unet" in text
    assert "pixelate" not in text


def test_list_of_a_name_tells_everything_about_it() -> None:
    result = call("list", "jpeg")
    assert result.exit_code == 0
    assert "degradation jpeg  [benchbench-portraits " in result.output
    assert "model jpeg  [benchbench-portraits " in result.output
    assert "quality=85 — libjpeg's quality (an integer from 1 to 95)" in result.output
    assert [e["kind"] for e in json.loads(call("list", "jpeg", "--json").output)] == ["degradation", "model"]
    wrong = call("list", "jpg")
    assert wrong.exit_code == 2
    assert "there is no component 'jpg': did you mean 'jpeg'" in wrong.output
    assert call("list", "--plugins", "jpeg").exit_code == 2


def test_list_plugins_names_distribution_version_and_what_each_brings() -> None:
    entries = json.loads(call("list", "--plugins", "--json").output)
    swirl = next(e for e in entries if e["name"] == "degradation.swirl")
    assert swirl["brings"] == ["degradation swirl"]
    assert swirl["distribution"] == "benchbench-portraits"
    assert swirl["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert not [e for e in entries if e["error"]]


def test_a_run_prints_its_board_and_where_it_is(tmp_path: Path) -> None:
    out = str(tmp_path / "runs")
    result = call("run", *QUICK, "--model", "identity", "--model", "bicubic", "--out", out)
    assert result.exit_code == 0, result.output
    assert "3 trials on 1 board: 0 done already, 3 to run" in result.output
    assert "Written: " in result.output
    board = tmp_path / "runs" / "leaderboards" / "faces,n=60" / "pixelate.md"
    assert board.is_file()
    assert "bicubic" in board.read_text()
    again = call("run", *QUICK, "--model", "identity", "--model", "bicubic", "--out", out)
    assert "3 done already, 0 to run" in again.output


def test_json_is_all_that_json_prints(tmp_path: Path) -> None:
    result = call("run", *QUICK, "--model", "identity", "--out", str(tmp_path), "--json")
    report = json.loads(result.output)
    assert {r["trial"]["model"]: r["status"] for r in report["results"]} == {"identity": "scored", "oracle": "skipped"}
    assert report["results"][0]["scores"]["psnr"]["mean"] > 5


def test_quiet_is_quiet(tmp_path: Path) -> None:
    result = call("run", *QUICK, "--model", "identity", "--out", str(tmp_path), "--quiet")
    assert result.exit_code == 0
    assert result.output == ""


@pytest.mark.parametrize(("arguments", "message"), [
    (["--degrade", "pixelat"], "unknown degradation 'pixelat': did you mean 'pixelate'"),
    (["--degrade", "pixelate:block=0"], "pixelate: block=0 is not legal: it must be an integer from 1"),
    (["--degrade", "pixelate:blok=4"], "pixelate: unknown parameter 'blok': did you mean 'block'"),
    (["--model", "unett"], "did you mean 'unet'"),
    (["--dataset", "folder:/nowhere/at/all"], "/nowhere/at/all"),
    (["--dataset", "folder"], "parameter 'path' is missing"),
    (["--budget", "lots"], "'lots' is no budget"),
    (["--device", "toaster"], "device 'toaster' cannot be used"),
])  # fmt: skip
def test_a_mistake_is_one_line_and_exit_code_2(tmp_path: Path, arguments: list[str], message: str) -> None:
    result = call("run", "--out", str(tmp_path / "out"), *arguments)
    assert result.exit_code == 2
    assert message in result.output
    lines = [line for line in result.stderr.splitlines() if line]
    assert len(lines) == 1
    assert lines[0].startswith("benchbench: ")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_a_blocked_plugin_is_unknown() -> None:
    result = call("run", "--degrade", "swirl", "--no-plugin", "degradation.swirl")
    assert result.exit_code == 2
    assert "unknown degradation 'swirl'" in result.output


def test_all_that_a_package_brings_can_be_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = tmp_path / "weather-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: weather\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[benchbench]\nfog = no_such_fog\nhaze = no_such_haze\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(
        "benchbench.registry.registry.loaded", functools.cache(loaded.__wrapped__)
    )  # other tests have filled it
    assert "no_such_haze" in call("list", "--plugins").output
    assert "weather" not in call("list", "--plugins", "--no-plugin", "weather").output
    assert "there is no such plugin" in call("list", "--no-plugin", "benchbench-portraits").output


def test_leaderboard_build_writes_what_the_run_wrote(tmp_path: Path) -> None:
    out = tmp_path / "runs"
    call("run", *QUICK, "--model", "identity", "--out", str(out))
    result = call("leaderboard", "build", "--runs", str(out), "--out", str(tmp_path / "boards"))
    assert result.exit_code == 0
    for name in ("pixelate.md", "pixelate.csv", "pixelate.json", "pixelate.webp"):
        ours, theirs = tmp_path / "boards" / "faces,n=60" / name, out / "leaderboards" / "faces,n=60" / name
        assert ours.read_bytes() == theirs.read_bytes()


def test_the_readmes_plugin_is_the_tested_one() -> None:
    readme = (ROOT / "README.md").read_text()
    block = re.search(r"<!-- file: benchbench_sharpen.py -->\n```python\n(.*?)```", readme, re.DOTALL)
    assert block
    code = re.sub(r"\s*->.*?:\n", ":\n", block[1].replace(" -> list[type[Model]]", ""))
    tested = (ROOT / "tests" / "examples" / "benchbench-sharpen" / "benchbench_sharpen.py").read_text()
    tested = re.sub(r'^""".*?"""\n+', "", tested, flags=re.DOTALL).replace(" -> list[type[Model]]", "")
    assert code.strip() == re.sub(r"\s*->.*?:\n", ":\n", tested).strip()


def test_seeds_counts_what_seed_names() -> None:
    given = CliRunner().invoke(main, ["run", "--seeds", "2", "--seed", "5"])
    assert given.exit_code == 2
    assert "give one of the two" in given.output
    wanted: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "benchbench.running.run.run", lambda registry, request, screen: wanted.append(request) or sys.exit(0)
        )
        CliRunner().invoke(main, ["run", "--seeds", "3", "--suite", "unswirl"])
    assert wanted[0].seed == (0, 1, 2)
