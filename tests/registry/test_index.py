"""The index of the catalogue: as good as new, or not used."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchbench.registry import index

Write = Callable[[str, str], Path]
CONTENT = [{"kind": "metric", "name": "haze"}]


@pytest.fixture
def package(write_module: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an imported plugin package `hazy`, beside a distribution; all of it is old."""
    file = write_module("hazy.plugin", "from . import _helper\nimport haze_library")
    write_module("haze_library", "DENSITY = 1")
    write_module("hazy._helper", "DENSITY = 1")
    (file.parent / "table.json").write_text("[1]")
    distribution = file.parents[1] / "hazy-1.0.dist-info"
    distribution.mkdir()
    (distribution / "entry_points.txt").write_text("[benchbench]\nhazy = hazy.plugin\n")
    importlib.import_module("hazy.plugin")
    monkeypatch.setattr(index, "_STARTED", time.time_ns() + 60 * 10**9)
    return file.parent


def save() -> None:
    index.save({"blocked"}, CONTENT, ["hazy.plugin"])


def test_what_was_saved_is_there_while_nothing_changes(package: Path) -> None:
    assert index.load({"blocked"}) is None
    save()
    assert index.load({"blocked"}) == CONTENT
    assert index.load(set()) is None
    assert index.load({"blocked", "other"}) is None


CHANGES: dict[str, Callable[[Path], object]] = {
    "the plugin": lambda p: (p / "plugin.py").write_text("x = 1"),
    "its size alone": lambda p: (
        before := (p / "plugin.py").stat(),
        (p / "plugin.py").write_text("from . import _helper"),
        os.utime(p / "plugin.py", ns=(before.st_atime_ns, before.st_mtime_ns)),
    ),
    "its time alone": lambda p: os.utime(p / "plugin.py", (0, 0)),
    "what it imports": lambda p: os.utime(p / "_helper.py", (0, 0)),
    "a file gone": lambda p: (p / "_helper.py").unlink(),
    "a file beside it": lambda p: (p / "table.json").write_text("[1, 2]"),
    "a new file beside it": lambda p: (p / "new.py").touch(),
    "a distribution gone": lambda p: (p.parent / "hazy-1.0.dist-info").rename(p.parent / "gone"),
    "a new distribution": lambda p: (p.parent / "other-1.0.dist-info").mkdir(),
    "its entry points": lambda p: os.utime(p.parent / "hazy-1.0.dist-info" / "entry_points.txt", (0, 0)),
    "a distribution made again": lambda p: os.utime(p.parent / "hazy-1.0.dist-info", (0, 0)),
    "an editable installation": lambda p: (p.parent / "editable.pth").touch(),
    "the path": lambda p: sys.path.append(str(p)),
    "a library that was imported": lambda p: os.utime(p.parent / "haze_library.py", (0, 0)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_makes_it_void(change: str, package: Path) -> None:
    save()
    assert index.load({"blocked"}) == CONTENT
    CHANGES[change](package)
    assert index.load({"blocked"}) is None


def test_a_file_that_may_have_changed_while_it_was_read_is_not_trusted(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_STARTED", time.time_ns())
    save()
    assert index.load({"blocked"}) is None


@pytest.mark.parametrize(
    "damage", [b"", b"{}", b"[]", b"null", b'{"files": 3}', b"\xff\x00", b'{"files": [], "folders": []}']
)
def test_a_damaged_index_is_no_index(damage: bytes, package: Path, cache: Path) -> None:
    save()
    [path] = cache.rglob("*.json")
    path.write_bytes(damage)
    assert index.load({"blocked"}) is None
    save()
    assert index.load({"blocked"}) == CONTENT


def test_a_cache_that_cannot_be_written_is_no_error(package: Path, cache: Path) -> None:
    cache.write_text("a file where a folder should be")
    save()
    assert index.load({"blocked"}) is None


PLUGIN = """
from dataclasses import dataclass
from benchbench import Metric, hookimpl, param

@hookimpl
def benchbench_metrics():
    return [Haze]

@dataclass(frozen=True)
class Haze(Metric):
    \"\"\"How hazy it is.\"\"\"
    name = "haze"
    higher_is_better = False
    scale: int = param(1, "of the haze", low=0)

    def __call__(self, restored, clean, region=None):
        return (restored - clean).abs().flatten(1).mean(1)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)  # seven processes that import torch
def test_an_edited_or_installed_plugin_is_listed_at_once_and_a_broken_one_always_anew(
    tmp_path: Path, cache: Path
) -> None:
    built_in = ",".join(e.name for e in importlib.metadata.entry_points(group="benchbench"))
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    environment = os.environ | {"BENCHBENCH_BLOCK": built_in, "PYTHONPATH": path}

    def write(name: str, content: str, age: int) -> None:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
        for old in (file, file.parent):
            os.utime(old, (time.time() - age, time.time() - age))

    def listed() -> str:
        command = [sys.executable, "-m", "benchbench", "list"]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return done.stdout + done.stderr

    assert "haze" not in listed()
    write("hazy.py", PLUGIN, age=900)
    write("hazy-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: hazy\nVersion: 1.0\n", age=900)
    write("hazy-1.0.dist-info/entry_points.txt", "[benchbench]\nhazy = hazy\n", age=900)
    assert "scale=1" in listed()
    made = {file: file.stat().st_mtime_ns for file in cache.rglob("*.json")}
    assert made
    assert "scale=1" in listed()
    assert {file: file.stat().st_mtime_ns for file in cache.rglob("*.json")} == made  # from the index
    write("hazy.py", PLUGIN.replace("param(1", "param(2"), age=800)
    assert "scale=2" in listed()
    write("hazy.py", "import a_library_that_will_be_installed_later", age=700)
    assert "left out: ModuleNotFoundError" in listed()
    write("a_library_that_will_be_installed_later.py", "", age=600)
    assert "left out" not in listed()
