"""Trials that are sent away: they come back as they would have been made here, or not at all."""

from __future__ import annotations

import dataclasses
import pickle
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import results
import toys
from click.testing import CliRunner
from jobs import Recorder, go

from benchbench import BenchbenchError, DataError
from benchbench.cli import main
from benchbench.contracts.metric import Metric
from benchbench.data.prepared import load, prepare, prepared_folder
from benchbench.files import write_atomically, write_json
from benchbench.processes import Cancelled, Limits
from benchbench.registry import sources
from benchbench.results import store
from benchbench.results.parsing import plain
from benchbench.results.store import RESULT, DamagedResult
from benchbench.results.trial import Trial
from benchbench.running import dask, plan, remote, run
from benchbench.running.progress import Progress
from benchbench.running.remote import RemoteTrial, admit, carry_out, have_data, take_in
from benchbench.running.request import RunRequest

METRICS: tuple[Metric, ...] = (toys.Peak(), toys.MeanError())


@pytest.fixture
def asked(tmp_path: Path) -> RunRequest:
    return RunRequest(out=tmp_path / "out", device="cpu", budget="2epochs")


@pytest.fixture
def trial(cache: Path) -> Trial:
    return planned("tiny-conv", cache)


def planned(model: str, cache: Path) -> Trial:
    registry = toys.registry("faulty")
    data = load(prepare(toys.ToyFaces(), 16, cache))
    (degradation,) = plan.choose(registry, "degradation", ["darken"])
    models = plan.choose(registry, "model", [model])
    (made,) = plan.trials(registry, RunRequest(budget="2epochs"), [data], [degradation], models)
    return dataclasses.replace(made, metrics=METRICS)


def sent(trial: Trial, request: RunRequest) -> RemoteTrial:
    return remote.prepare(trial, toys.ToyFaces(), request)


def never() -> bool:
    return False


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[RemoteTrial], remote.RemoteResult]:
    """A function that carries out a trial as another machine would, and gives what came back."""
    told: list[Progress] = []

    def do(given: RemoteTrial) -> remote.RemoteResult:
        monkeypatch.setenv("BENCHBENCH_CACHE", str(tmp_path / "its-cache"))
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        back = carry_out(given, scratch, told.append, never)
        assert {progress["key"] for progress in told} <= {Path(given.folder).name}
        return back

    return do


def without_times(folder: Path) -> dict[str, Any]:
    content = plain(store.read(folder).record)
    drop = ("timing", "finished_at", "files", "origin")
    sums = {name: digest for name, digest in content["files"].items() if name != store.HISTORY}
    content["rungs"] = [rung | {"seconds": 0.0} for rung in content["rungs"]]
    return {name: value for name, value in content.items() if name not in drop} | {"sums": sums}


def test_a_trial_comes_back_as_it_would_have_been_made_here(
    tmp_path: Path, trial: Trial, asked: RunRequest, elsewhere: Callable[[RemoteTrial], remote.RemoteResult]
) -> None:
    back = elsewhere(sent(trial, asked))
    assert (back.refusal, back.reason) == (None, None)
    assert set(back.files) >= {RESULT, store.LOG, store.SCORES, store.WEIGHTS}
    take_in(trial, asked.out, back.files)
    go(tmp_path / "here", model=("tiny-conv",), metric=("peak", "mean-error"))
    here = next((tmp_path / "here").rglob(f"{trial.key}/{RESULT}")).parent
    assert without_times(trial.folder(asked.out)) == without_times(here)
    assert len(list((tmp_path / "its-cache").glob("data/*/meta.json"))) == 1
    assert not list(asked.out.rglob("*.partial"))


def test_what_a_trial_that_died_leaves_comes_back_for_whoever_stores_the_failure(
    cache: Path, asked: RunRequest, elsewhere: Callable[[RemoteTrial], remote.RemoteResult]
) -> None:
    trial = planned("faulty:deed=sigkill", cache)
    back = elsewhere(sent(trial, asked))
    assert back.reason == "the process was killed by SIGKILL (out of memory?)"
    assert set(back.files) == {store.LOG}
    take_in(trial, asked.out, back.files)
    assert (store.work_folder(trial.folder(asked.out)) / store.LOG).is_file()
    assert not trial.folder(asked.out).exists()


PLUGIN = """
from dataclasses import dataclass
from benchbench import Degradation, Degraded, hookimpl
from my_parts.values import AMOUNT
import my_helper

@hookimpl
def benchbench_degradations():
    return [Dim]

@dataclass(frozen=True)
class Dim(Degradation):
    "Darker by what lies in other files."
    name = "dim"
    def apply(self, clean, draw):
        return Degraded(clean * AMOUNT * my_helper.FACTOR)
"""


def test_files_beside_a_plugin_travel_with_it(
    trial: Trial, asked: RunRequest, elsewhere: Callable[[RemoteTrial], remote.RemoteResult], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    own = {"my_dim.py": PLUGIN, "my_helper.py": "FACTOR = 0.9", "my_parts/__init__.py": "", "unrelated.py": "1 / 0",
           "my_parts/values.py": "AMOUNT = 0.5"}  # fmt: skip
    for name, source in own.items():
        write_atomically(tmp_path / "own" / name, source)
    monkeypatch.setattr(sys, "path", [*sys.path])
    sources.add_files([tmp_path / "own" / "my_dim.py"])
    try:
        module = sources.import_file(tmp_path / "own" / "my_dim.py")
        given = sent(dataclasses.replace(trial, degradation=module.Dim()), asked)
        assert {*given.plugins, *given.beside} == own.keys() - {"unrelated.py"}
        shutil.rmtree(tmp_path / "own")  # another machine has none of it
        back = elsewhere(given)
    finally:
        for name in ("my_dim", "my_helper", "my_parts", "my_parts.values"):
            sys.modules.pop(name, None)
    assert (back.refusal, back.reason) == (None, None)
    assert b'"scored"' in back.files[RESULT]


def test_another_version_is_refused_before_anything_is_unpacked(
    tmp_path: Path, trial: Trial, asked: RunRequest
) -> None:
    old = dataclasses.replace(sent(trial, asked), version="0.0.1", work=b"junk", trial=b"junk")
    back = carry_out(old, tmp_path, lambda progress: None, never)
    assert back.refusal is not None
    assert "and the run is of 0.0.1" in back.refusal
    assert not back.files


def test_whoever_is_not_wanted_any_more_stops(tmp_path: Path, trial: Trial, asked: RunRequest) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        carry_out(sent(trial, asked), tmp_path, lambda progress: None, stop.is_set)


@pytest.fixture
def admitted(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[RemoteTrial], None]:
    """A function that admits a trial in this process, which stays what it is."""
    monkeypatch.setattr("sys.path", [*sys.path])
    for name in (sources.BLOCK, sources.FILES):
        monkeypatch.setenv(name, "")
    return lambda given: admit(given, tmp_path / "plugins", cache)


@pytest.mark.parametrize("differs", ["darken", "tiny-conv", "peak"])
def test_another_source_is_refused_by_its_name(
    trial: Trial, asked: RunRequest, admitted: Callable[[RemoteTrial], None], differs: str
) -> None:
    given = sent(trial, asked)
    admitted(given)
    _, dataset, parts = pickle.loads(given.work)
    parts = [(part, "another" if str(part) == differs else digest) for part, digest in parts]
    with pytest.raises(BenchbenchError, match=f"its source of {differs} is another one: .*, and the run's is another"):
        admitted(dataclasses.replace(given, work=pickle.dumps((trial, dataset, parts))))


def test_a_device_that_is_not_there_is_refused(
    trial: Trial, asked: RunRequest, admitted: Callable[[RemoteTrial], None]
) -> None:
    with pytest.raises(BenchbenchError, match="device 'cuda:99' cannot be used"):
        admitted(dataclasses.replace(sent(trial, asked), device="cuda:99"))


def test_data_are_made_once_and_other_data_are_refused(tmp_path: Path, trial: Trial) -> None:
    cache = tmp_path / "its-cache"
    made = have_data(toys.ToyFaces(), 16, trial.fingerprint, cache)
    assert made == prepared_folder(toys.ToyFaces(), 16, cache)
    before = (made / "pixels.npy").stat().st_mtime_ns
    by_content = have_data(toys.ToyFaces(n=50), 16, trial.fingerprint, cache)  # whatever they are called
    assert by_content == made
    assert (made / "pixels.npy").stat().st_mtime_ns == before
    with pytest.raises(DataError, match=r"data set toy-faces:n=50 is another one: .*, and the run's is f00d"):
        have_data(toys.ToyFaces(n=50), 16, "f00d", cache)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """A result as it comes back."""
    folder = results.write(tmp_path / "made")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@dataclasses.dataclass(frozen=True)
class Stored:
    """As much of a trial as storing its result takes: the one that `results` makes up."""

    key: str = results.trial()["key"]

    def folder(self, out: Path) -> Path:
        return out / "toy-faces" / "darken" / "tiny-conv" / self.key


def test_a_whole_result_is_taken_in(tmp_path: Path, files: dict[str, bytes]) -> None:
    own: Any = Stored()
    take_in(own, tmp_path / "out", files)
    assert store.read(own.folder(tmp_path / "out")).record.key == own.key


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"../../escaped": b""}, "does not belong into a result"),
        ({"checkpoint/../../x.safetensors": b""}, "does not belong into a result"),
        ({"plugin.py": b""}, "does not belong into a result"),
        ({store.SCORES: b"altered"}, "is missing or was altered"),
        ({RESULT: b"{}"}, "is not of schema"),
    ],
)
def test_what_is_no_result_is_not_taken_in(
    tmp_path: Path, files: dict[str, bytes], change: dict[str, bytes], says: str
) -> None:
    own: Any = Stored()
    with pytest.raises(DamagedResult, match=says):
        take_in(own, tmp_path / "out", files | change)
    assert not own.folder(tmp_path / "out").exists()
    assert not list(tmp_path.rglob("escaped"))


def test_the_result_of_another_trial_is_not_taken_in(tmp_path: Path, files: dict[str, bytes]) -> None:
    other: Any = Stored(key="0123456789abcdef")
    with pytest.raises(DamagedResult, match="is another trial's"):
        take_in(other, tmp_path / "out", files)
    forged = tmp_path / "forged"
    content = plain(store.read(next((tmp_path / "made").rglob(RESULT)).parent).record)
    write_json(forged, content | {"key": other.key})
    with pytest.raises(DamagedResult, match="is another trial's"):
        take_in(other, tmp_path / "out", files | {RESULT: forged.read_bytes()})
    assert not list((tmp_path / "out").rglob(RESULT))
    assert not other.folder(tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--scheduler", "tcp://localhost:1"], "--scheduler is for --executor dask"),
        (["--scheduler", "tcp://localhost:1", "--executor", "dask"], "--scheduler needs --device cpu or --device cuda"),
        (["--executor", "dask", "--overfit-one"], "--overfit-one runs on this machine"),
    ],
)
def test_options_that_contradict_each_other_are_a_mistake(options: list[str], says: str) -> None:
    done = CliRunner().invoke(main, ["run", *options])
    assert done.exit_code == 2
    assert says in done.output


def test_without_dask_one_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    request = RunRequest(size=16, out=tmp_path / "out", model=("identity",), executor="dask")
    with pytest.raises(BenchbenchError, match=r"needs Dask: pip install 'benchbench-portraits\[dask\]'"):
        run.run(toys.registry(), request, Recorder())
    assert not (tmp_path / "out").exists()


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A worker of Dask, in this process."""
    distributed = pytest.importorskip("distributed", reason="needs Dask")
    made = SimpleNamespace(address="tcp://there", local_directory=str(tmp_path), get_current_task=str)
    monkeypatch.setattr(distributed, "get_worker", lambda: made)
    return made


NOTHING = RemoteTrial("", "", {}, "", b"", b"", "cpu", 1, Limits(), {})


def test_progress_is_told_now_and_then_and_rows_always(
    worker: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, Progress]] = []
    worker.log_event = lambda *event: told.append(event)
    steps: list[Progress] = [{"key": "key", "values": {"fraction": step / 4}, "row": None} for step in range(4)]
    row: Progress = {"key": "key", "values": {"step": 8.0}, "row": 0}

    def carried_out(given: RemoteTrial, scratch: Path, hear: Callable[[Progress], None], cancelled: object) -> None:
        for now, progress in zip((0.0, 10.0, 20.0, 60.0, 61.0), [*steps, row], strict=True):
            monkeypatch.setattr("benchbench.running.dask.time.monotonic", lambda now=now: now)
            hear(progress)

    monkeypatch.setattr(remote, "carry_out", carried_out)
    dask.work(NOTHING, "topic", pause=50.0)
    assert told == [("topic", steps[0]), ("topic", steps[3]), ("topic", row)]


def test_a_worker_without_room_to_work_refuses(worker: SimpleNamespace, tmp_path: Path) -> None:
    """And blames neither the model nor the cluster: others may have room."""
    worker.local_directory = str(tmp_path / "gone")
    address, back = dask.work(NOTHING, "topic", 1.0)
    assert address == "tcp://there"
    assert "No such file or directory" in str(back.refusal)
