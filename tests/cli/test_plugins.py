"""The command line of plugin authors: `check`, `new-plugin`, and `--plugin FILE` wherever plugins are used."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import broken
import pytest
from click.testing import CliRunner, Result

from benchbench.cli import main
from benchbench.files import file_digest
from benchbench.processes import Limits, Pool
from benchbench.registry import registry

DARKER = """
from dataclasses import dataclass
from benchbench import Degradation, Degraded, Model, hookimpl
from torch import nn

@hookimpl
def benchbench_degradations():
    return [Darker]

@hookimpl
def benchbench_models():
    return [Brighter, Cutter]

@dataclass(frozen=True)
class Darker(Degradation):
    "Half as bright."
    name = "darker"
    def apply(self, clean, draw):
        return Degraded(clean / 2)

class Twice(nn.Module):
    def forward(self, degraded):
        return 2 * degraded

@dataclass(frozen=True)
class Brighter(Model):
    "Twice as bright."
    name = "brighter"
    recipe = None
    def build(self, task):
        return Twice()

@dataclass(frozen=True)
class Cutter(Model):
    "Cuts a row."
    name = "cutter"
    recipe = None
    def build(self, task):
        return nn.AvgPool2d(2)
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A plugin in a file that nobody has installed."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / "own" / "try_darker.py"
    path.parent.mkdir()
    path.write_text(DARKER)
    yield path
    sys.modules.pop("try_darker", None)
    registry.loaded.cache_clear()


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_check_prints_a_line_for_what_keeps_its_laws(plugin: Path) -> None:
    result = call("check", "psnr", "pixelate:block=4", "--size", 16)
    assert result.exit_code == 0, result.output
    lines = sorted(result.output.splitlines())
    assert [line.split(":")[0] for line in lines] == ["degradation pixelate", "metric psnr"]
    assert all("kept" in line and "broken" not in line for line in lines)


def test_check_of_a_file_tells_law_evidence_and_way_out_and_exits_with_1(plugin: Path) -> None:
    result = call("check", plugin, "--size", 16)
    assert result.exit_code == 1
    assert "degradation darker: " in result.output
    assert "model cutter: " in result.output
    assert "✗ keeps-the-shape: The images that come out have the shape of those that went in." in result.output
    assert "evidence: the restored images have shape (4, 3, 8, 8), not (4, 3, 16, 16)" in result.output
    assert "way out:  pad inside" in result.output


def test_check_as_json_is_nothing_but_json(plugin: Path) -> None:
    result = call("check", plugin, "lpips", "--size", 16, "--json")
    entries = {(e["kind"], e["component"]): e["laws"] for e in json.loads(result.stdout)}
    assert set(entries) == {("degradation", "darker"), ("model", "brighter"), ("model", "cutter"), ("metric", "lpips")}
    assert {law["status"] for law in entries["model", "brighter"]} == {"kept", "skipped"}
    [failed] = [law for law in entries["model", "cutter"] if law["status"] == "broken"]
    assert failed.keys() == {"law", "statement", "status", "evidence", "way_out"}
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pixelat"], "unknown component 'pixelat': did you mean 'pixelate'"),
        (["pixelate:blok=3"], "unknown parameter 'blok'"),
        (["folder"], "parameter 'path' is missing"),
        (["psnr", "--device", "toaster"], "device 'toaster' cannot be used"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments: list[str], message: str) -> None:
    result = call("check", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_plugin_file_is_listed_run_in_processes_and_recorded_by_its_digest(plugin: Path, tmp_path: Path) -> None:
    digest = file_digest(plugin)[:12]
    listed = json.loads(call("list", "models", "--plugin", plugin, "--json").stdout)
    origin = {e["name"]: (e["distribution"], e["version"]) for e in listed}
    assert origin["brighter"] == ("try_darker.py", digest)
    chosen = ["--degrade", "darker", "--model", "brighter", "--metric", "psnr", "--dataset", "faces:n=60", "--size", 16]
    result = call("run", "--plugin", plugin, *chosen, "--device", "cpu", "--out", tmp_path / "runs", "--json")
    assert result.exit_code == 0, result.output
    found = {r["trial"]["model"]: r for r in json.loads(result.stdout)["results"]}
    assert found["brighter"]["scores"]["psnr"]["mean"] > found["identity"]["scores"]["psnr"]["mean"] + 10
    for kind in ("model", "degradation"):
        [brought] = found["brighter"]["origin"][kind]
        assert brought == {"plugin": "try_darker", "distribution": "try_darker.py", "version": digest}


def test_a_file_that_is_no_plugin_is_one_line(plugin: Path) -> None:
    plugin.write_text("import nothing_like_this")
    result = call("list", "--plugin", plugin)
    assert result.exit_code == 2
    assert result.stderr.startswith("benchbench: try_darker.py: ModuleNotFoundError")
    assert len(result.stderr.splitlines()) == 1


def test_the_list_of_plugins_answers_whatever_they_print_and_whoever_clashes(plugin: Path) -> None:
    plugin.write_text(DARKER.replace('"darker"', '"pixelate"') + '\nprint("a plugin says hello")\n')
    result = call("list", "--plugins", "--plugin", plugin, "--json")
    listed = {e["name"]: e for e in json.loads(result.stdout)}  # nothing but JSON
    assert {"degradation.pixelate", "metric.psnr", "try_darker"} <= listed.keys()
    assert result.exit_code == 2
    assert "two plugins bring a degradation named 'pixelate'" in result.stderr
    assert "leave one out with --no-plugin degradation.pixelate" in result.stderr


@pytest.mark.parametrize("name", ["json.py", "test.py", "torch.py", "my-plugin.py"])
def test_a_file_named_as_a_module_that_exists_or_can_be_none_is_refused(plugin: Path, name: str) -> None:
    path = Path(shutil.copy(plugin, plugin.parent / name))
    result = call("list", "--plugin", path)
    assert result.exit_code == 2
    assert "rename the file" in result.stderr or "is no name for a module" in result.stderr


def test_new_plugin_writes_a_folder_and_says_how_to_go_on(tmp_path: Path) -> None:
    result = call("new-plugin", "sharper-still", "--kind", "model", "--out", tmp_path)
    assert result.exit_code == 0
    assert result.output.startswith(f"Written: {tmp_path / 'benchbench-sharper-still'}\n")
    assert "pip install -e '.[test]'" in result.output
    again = call("new-plugin", "sharper-still", "--kind", "model", "--out", tmp_path)
    assert again.exit_code == 2
    assert "is there already" in again.stderr


def test_toys_break_what_they_are_told_in_another_process_too() -> None:
    from benchbench.checks import isolated

    with Pool(1, Limits(seconds=60)) as pool:
        [(_, findings)] = isolated.check_apart([broken.SomeMetric("keeps-the-dtype")], 16, "cpu", [], pool)
    assert [f.law for f in findings if f.status == "broken"] == ["keeps-the-dtype"]
    assert findings[-1].law == "survives"
