"""The command `benchbench`, in a process of its own, with the plugins of these helpers in place of the built-in ones."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchbench.results import store

HELPERS = Path(__file__).parent
RUN = [sys.executable, "-m", "benchbench", "run", "--dataset", "toy-faces", "--size", "16", "--degrade", "darken",
       "--device", "cpu", "--metric", "peak", "--metric", "mean-error"]  # fmt: skip


def environment(site: Path, *modules: str, cache: Path) -> dict[str, str]:
    """The environment in which these modules of the helpers are the installed plugins; `site` is an empty folder."""
    built_in = [e.name for e in importlib.metadata.entry_points(group="benchbench")]
    facts = site / "benchbench_helpers-1.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: benchbench-helpers\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[benchbench]\n" + "".join(f"test.{m} = {m}\n" for m in modules))
    paths = [str(site), str(HELPERS), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "BENCHBENCH_BLOCK": ",".join(built_in),
        "BENCHBENCH_CACHE": str(cache),
    }


def options(flag: str, *values: object) -> list[str]:
    """`--model a --model b`."""
    return [str(text) for value in values for text in (flag, value)]


def run(*arguments: Any, env: dict[str, str], code: int | None = None) -> subprocess.CompletedProcess[str]:
    """`benchbench run` with more options; checks its exit code."""
    done = subprocess.run(
        [*RUN, *map(str, arguments)], env=env, capture_output=True, text=True, errors="replace", timeout=600
    )
    assert code is None or done.returncode == code, (done.returncode, done.stderr[-3000:])
    return done


def numbers(out: Path) -> dict[str, object]:
    """All that must be reproducible of the results in a folder, each of which must be whole."""
    found: dict[str, object] = {}
    for folder, result in store.find(out):
        assert isinstance(result, store.Result), result
        where = str(folder.relative_to(out))
        record = result.record
        found[where] = (record.status, record.scores, record.training, record.metrics, record.model)
    return found


def board(out: Path) -> dict[str, bytes]:
    """All files of all boards but the times, which differ from run to run, and what a kill left of writing one."""
    files = (path for path in (out / "leaderboards").rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.name: path.read_bytes() for path in files if not path.name.endswith(".speed.md")}
