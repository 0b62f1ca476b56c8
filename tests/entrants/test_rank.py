"""Planted entrants: one is good, one spies, writes and breaks a law by that, one forks and never ends.

The latter two take part only where bubblewrap (bwrap) contains them.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import command
import psutil
import pytest

from benchbench.entrants.answer import OWN_WORD

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform != "linux", reason="namespaces, limits and /proc are Linux's"),
]
MODEL = """
import os, subprocess, sys, time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from benchbench import Model, Recipe, hookimpl
from torch import nn

@hookimpl
def benchbench_models():
    return [Planted]

@dataclass(frozen=True)
class Planted(Model):
    \"\"\"Planted.\"\"\"
    name = "NAME"
    recipe = Recipe(batch=8, lr=1e-2)

    def build(self, task):
DEED
"""
GOOD = "return nn.Conv2d(task.channels, task.channels, 3, padding=1)"
SPY = """
        seen = [name for name in os.environ if "SECRET" in name]
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                seen += ["proc"] if b"SECRET" in path.read_bytes() else []
            except OSError:
                pass
        for path in PLACES:
            try:
                Path(path, "written").write_text("x")  # behind walls, where nobody else sees it
            except OSError:
                pass
        try:
            seen += ["read"] if Path(HOME, "key").read_text() else []
        except OSError:
            pass
        import socket
        try:
            socket.create_connection(("127.0.0.1", PORT), 1)
            seen.append("network")
        except OSError:
            pass
        raise RuntimeError(f"seen: {sorted(set(seen))}")
"""
FORKS = """
        for _ in range(10):
            if not os.fork():
                os.setsid()
                if os.fork():
                    os._exit(0)
                os.execv("/bin/sleep", ["sleep", "MARK"])
        while True:
            time.sleep(1)
"""
MARK = "98765.4321"
WALLED = shutil.which("bwrap") is not None
Answers = tuple[dict[str, Any], str]
SUITE = """
dataset = ["toy-faces"]
size = 16
budget = "0.0001TFLOP"
metric = ["peak"]
[[grid]]
degrade = ["darken"]
"""


def plugin(name: str, deed: str) -> str:
    return MODEL.replace("NAME", name).replace("DEED", deed if "\n" in deed else f"        {deed}")


def wheel(folder: Path) -> None:
    """A package of the good entrant, as PyPI would have it."""
    info = "planted_good-1.0.dist-info"
    with zipfile.ZipFile(folder / "planted_good-1.0-py3-none-any.whl", "w") as file:
        file.writestr("planted_good.py", plugin("good", GOOD))
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: planted-good\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/entry_points.txt", "[benchbench]\nplanted = planted_good\n")
        file.writestr(f"{info}/RECORD", "")


def entrants(folder: Path, home: Path, port: int) -> None:
    """Write the file that names them, their plugins, and what they are ranked by."""
    places = [str(home), str(folder.parent)]
    spy = SPY.replace("PLACES", repr(places)).replace("HOME", repr(str(home))).replace("PORT", str(port))
    deeds = {"spies": spy, "forks": FORKS.replace("MARK", MARK)} if WALLED else {}
    entries = ['[good]\nmodel = ["good"]\npackage = "planted-good==1.0"\n']
    for name, deed in deeds.items():
        (folder / f"planted_{name}.py").write_text(plugin(name, deed))
        entries.append(f'[{name}]\nmodel = ["{name}"]\nplugin = "planted_{name}.py"\n')
    (folder / "entrants.toml").write_text("".join(entries))
    (folder / "rank.toml").write_text(SUITE)


def answered(tmp_path: Path, *options: str) -> Answers:
    """Have them ranked beside a toy that was trained before; return the answers and the comment."""
    home, folder = tmp_path / "my-home", tmp_path / "leaderboards"
    for new in (home, folder):
        new.mkdir()
    (home / "key").write_text("key")
    wheel(tmp_path)
    env = command.environment(tmp_path / "site", "toys", cache=tmp_path / "cache")
    env |= {"PLANTED_SECRET": "s", "HOME": str(home), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}

    def benchbench(*words: str, code: int) -> str:
        line = [sys.executable, "-m", "benchbench", *words, "--suite", "rank.toml"]
        done = subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
        return done.stdout

    with socket.create_server(("127.0.0.1", 0)) as server:
        entrants(folder, home, server.getsockname()[1])
        benchbench("run", "--out", "results", "--model", "tiny-conv", "--seeds", "2", "--quiet", code=0)
        seconds = os.environ.get("PLANTED_SECONDS", "20")
        words = ["--entrants", "entrants.toml", "--runs", "results", "--timeout", seconds, "--json", *options]
        told = json.loads(benchbench("leaderboard", "rank", *words, code=int(WALLED)))
    assert {path.name for path in (folder / "ranked").iterdir()} == {"comment.md", "rank.json"}
    return {answer["entrant"]: answer for answer in told}, (folder / "ranked" / "comment.md").read_text("utf-8")


@pytest.fixture
def judged(tmp_path: Path) -> Answers:
    return answered(tmp_path, *([] if WALLED else ["--uncontained"]))


def test_each_is_ranked_told_or_contained(tmp_path: Path, judged: Answers) -> None:
    answers, comment = judged
    good = answers["good"]
    assert (good["broken"], good["problems"]) == ([], []), good
    [placing] = good["placings"]
    assert placing["ranked"]
    assert {gap["model"] for gap in placing["gaps"]} <= {"tiny-conv", "identity", "oracle"}
    assert placing["gaps"][0]["low"] < placing["gaps"][0]["better_by"] < placing["gaps"][0]["high"]
    assert placing["rank"] in comment
    assert ("By its own report no law is broken" in comment, OWN_WORD in comment) == (True, True)
    assert ("Not contained here: the network" in comment) != WALLED
    if not WALLED:  # without walls nobody plants what is hostile
        return

    assert any("builds-a-restorer" in line for line in answers["spies"]["broken"])
    [placing] = answers["spies"]["placings"]
    assert not placing["ranked"]
    assert "seen: []" in placing["rank"], answers["spies"]
    assert not [*tmp_path.glob("written"), *tmp_path.glob("*/written")]

    assert any("took longer than" in line for line in answers["forks"]["broken"])
    left = [p for p in psutil.process_iter(["cmdline"]) if MARK in (p.info["cmdline"] or [])]
    for process in left:
        process.kill()
    assert left == []
