"""Runs on a Dask cluster: a real scheduler and its workers, as processes of this machine with a cache for each."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import command
import faulty
import psutil
import pytest
from command import board, numbers
from jobs import Recorder, go

import benchbench

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        find_spec("distributed") is None, reason="Dask is not installed: pip install 'benchbench-portraits[dask]'"
    ),
]
MODELS = command.options("--model", "identity", "oracle", "tiny-conv", "slow")
TRIALS = [*MODELS, *command.options("--seed", 0, 1, 2), "--budget", "8epochs"]
PLUGINS = ("toys", "faulty")
DASK = {
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "60s",
    "DASK_LOGGING__DISTRIBUTED": "warning",
}


@dataclass
class Cluster:
    """A scheduler and its workers, each the leader of a process group of its own."""

    folder: Path
    env: dict[str, str]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    scheduler: subprocess.Popen[bytes] | None = None

    @property
    def facts(self) -> Path:
        return self.folder / "scheduler.json"

    @property
    def address(self) -> str:
        return str(json.loads(self.facts.read_text())["address"])

    def start(self, **env: str) -> None:
        self.scheduler = self._start("scheduler", "--port", "0", "--no-dashboard", **env)
        while not self.facts.exists():
            assert self.scheduler.poll() is None, "the scheduler did not start"
            time.sleep(0.1)

    def add(self, *options: str, **env: str) -> None:
        own = self.folder / f"worker-{len(self.workers)}"
        there = {"BENCHBENCH_CACHE": str(own / "cache"), **env}
        fixed = ["--nthreads", "1", "--no-dashboard", "--local-directory", str(own), *options]
        self.workers.append(self._start("worker", *fixed, **there))

    def _start(self, kind: str, *options: str, **env: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--scheduler-file", self.facts, *options],
                env=self.env | env, cwd=self.folder, start_new_session=True, stdout=log, stderr=log,
            )  # fmt: skip

    def run(self, *arguments: object, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        return command.run(
            *arguments, "--executor", "dask", "--scheduler", self.address, "--quiet", env=self.env, code=code
        )


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process at once with all that it started, as a machine that goes away does."""
    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    process.kill()
    for child in family:
        if psutil.pid_exists(child.pid):
            child.kill()
    process.wait()


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("environment")
    return command.environment(folder / "site", *PLUGINS, cache=folder / "cache") | DASK


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Path:
    """The results of a run without Dask."""
    out = tmp_path_factory.mktemp("local") / "out"
    command.run(*TRIALS, "--jobs", 2, "--out", out, env=env, code=0)
    return out


@pytest.fixture
def cluster(tmp_path: Path, env: dict[str, str], request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A scheduler without workers; its parameters are variables of its environment."""
    made = Cluster(tmp_path, env)
    try:
        made.start(**getattr(request, "param", {}))
        yield made
    finally:
        for process in [*made.workers, *([made.scheduler] if made.scheduler else [])]:
            kill(process)


def wait_for(condition: Callable[[], object], alive: subprocess.Popen[str]) -> None:
    def holds() -> bool:
        with suppress(FileNotFoundError):  # a folder that is looked through may go meanwhile
            return bool(condition())
        return False

    while not holds():
        assert alive.poll() is None, "the run ended before what was waited for: give it more to do"
        time.sleep(0.05)


def test_a_board_of_a_cluster_whose_workers_are_killed_is_the_local_one(cluster: Cluster, local: Path) -> None:
    """Four workers, each with a cache of its own; two of them go, with their nannies, while trials are at work."""
    for _ in range(4):
        cluster.add()
    out = cluster.folder / "out"
    arguments = [*TRIALS, "--out", str(out), "--executor", "dask", "--scheduler", cluster.address, "--quiet"]
    with subprocess.Popen([*command.RUN, *arguments], env=cluster.env, text=True) as process:

        def at_work(worker: int) -> bool:
            return bool(list((cluster.folder / f"worker-{worker}").rglob("*.partial/log.txt")))

        for worker in (0, 1):
            wait_for(lambda worker=worker: at_work(worker), process)  # type: ignore[misc]
            kill(cluster.workers[worker])
    assert process.returncode == 0
    assert numbers(out) == numbers(local)
    assert board(out) == board(local)
    assert not [*out.rglob("*.partial"), *out.glob("*/*/*/*/.*")]
    for worker in (2, 3):
        assert len(list((cluster.folder / f"worker-{worker}").glob("cache/data/*/meta.json"))) == 1
    assert cluster.run(*TRIALS, "--out", out).returncode == 0  # and nothing is left to do


@pytest.mark.parametrize("cluster", [{"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}], indirect=True, ids=["2"])
def test_a_trial_that_kills_its_workers_is_given_up_and_the_others_are_whole(cluster: Cluster, local: Path) -> None:
    for _ in range(2):
        cluster.add()
    out = cluster.folder / "out"
    done = cluster.run(*TRIALS, "--model", "faulty:deed=parent", "--jobs", 2, "--out", out, "--json", code=1)
    (failed,) = (r for r in json.loads(done.stdout)["results"] if r["status"] == "failed")
    assert failed["trial"]["model"] == "faulty:deed=parent"
    assert failed["reason"] == "its worker was lost 2 times while it was at work (out of memory?)"
    shutil.rmtree(next(out.rglob("faulty,deed=parent")))
    assert numbers(out) == numbers(local)


def test_a_worker_with_another_benchbench_is_refused_and_no_model_is_blamed(cluster: Cluster, tmp_path: Path) -> None:
    cluster.add(PYTHONPATH=os.pathsep.join([str(another_version(tmp_path)), cluster.env["PYTHONPATH"]]))
    done = cluster.run("--model", "identity", "--out", tmp_path / "out", code=2)
    (line,) = [line for line in done.stderr.splitlines() if "cannot take part" in line]
    assert "worker tcp://" in line
    assert f"it has benchbench 0.0.1, and the run is of {benchbench.__version__}" in line
    assert not list((tmp_path / "out").rglob("result.json"))


def test_a_worker_that_is_refused_stops_no_run_that_has_another(cluster: Cluster, local: Path, tmp_path: Path) -> None:
    cluster.add(PYTHONPATH=os.pathsep.join([str(another_version(tmp_path)), cluster.env["PYTHONPATH"]]))
    cluster.add()
    out = tmp_path / "out"
    there = ["--executor", "dask", "--scheduler", cluster.address]
    done = command.run(*TRIALS, "--out", out, *there, env=cluster.env, code=0)
    (line,) = [line for line in done.stderr.splitlines() if "cannot take part" in line]
    assert "it has benchbench 0.0.1" in line
    assert numbers(out) == numbers(local)
    assert board(out) == board(local)


def another_version(folder: Path) -> Path:
    """A folder with this benchbench, which calls itself 0.0.1."""
    old = folder / "old"
    shutil.copytree(Path(benchbench.__file__).parent, old / "benchbench", ignore=shutil.ignore_patterns("__pycache__"))
    init = old / "benchbench" / "__init__.py"
    init.write_text(init.read_text().replace(f'"{benchbench.__version__}"', '"0.0.1"'))
    return old


def test_ctrl_c_ends_the_local_cluster_and_all_that_is_at_work(tmp_path: Path, env: dict[str, str]) -> None:
    arguments = [*command.options("--model", "identity", "slow"), "--budget", "8epochs", "--out"]
    dask = ["--executor", "dask", "--jobs", "1"]
    with subprocess.Popen(
        [*command.RUN, *arguments, str(tmp_path / "out"), *dask], env=env | {"TMPDIR": str(tmp_path)}, text=True,
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        wait_for(lambda: list(tmp_path.rglob("slow/*.partial/log.txt")), process)
        family = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)
        assert process.stderr is not None
        messages = [line for line in process.stderr.readlines() if line.strip() and "tracker" not in line]
    assert process.returncode == 130
    assert messages == [
        "benchbench: stopping: the boards of what is done are written; Ctrl-C again stops at once\n",
        "benchbench: stopped; the same command goes on from here\n",
    ]
    assert not psutil.wait_procs(family, timeout=30)[1]
    assert b"identity" in board(tmp_path / "out")["darken.md"]
    command.run(*arguments, tmp_path / "out", env=env, code=0)
    command.run(*arguments, tmp_path / "whole", env=env, code=0)
    assert numbers(tmp_path / "out") == numbers(tmp_path / "whole")


def test_progress_is_heard_while_a_trial_is_at_work_and_every_row_once(cluster: Cluster) -> None:
    cluster.add()
    faulty.heard.clear()
    recorder = Recorder()
    there = {"executor": "dask", "scheduler": cluster.address}
    report = go(cluster.folder / "out", recorder, model=("slow:seconds=0.2",), budget="recipe", **there)
    assert [r.status for r in report.results] == ["scored"]
    assert any(0 < told["fraction"] < 1 for told in recorder.progress)
    assert [row[1] for kind, row in faulty.heard if kind == "epoch"] == [float(epoch) for epoch in range(1, 9)]


def test_where_no_scheduler_is_one_line_says_so(tmp_path: Path, env: dict[str, str]) -> None:
    nobody = ["--executor", "dask", "--scheduler", "tcp://127.0.0.1:1"]
    quick = env | {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}
    done = command.run("--model", "identity", "--out", tmp_path / "out", *nobody, env=quick, code=2)
    (line,) = [line for line in done.stderr.splitlines() if "no Dask scheduler" in line]
    assert "answers at tcp://127.0.0.1:1" in line
