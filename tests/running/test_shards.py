"""A run in parts, on machines that know nothing of each other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import toys
import yaml
from hypothesis import given
from hypothesis import strategies as st

from benchbench import SpecError
from benchbench.boards.samples import picture_digest, samples_in
from benchbench.registry.registry import registry
from benchbench.running import plan
from benchbench.running.listeners import Listener
from benchbench.running.request import RunRequest
from benchbench.running.shards import parse_shard, shard_of

REGISTRY = toys.registry()
ROOT = Path(__file__).parents[2]
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "boards.yml").read_text("utf-8"))["jobs"]
SMALL = """
dataset = ["faces:n=200"]
size = 32
budget = "0.01TFLOP"
seed = [0, 1]

[[grid]]
degrade = ["pixelate"]
model = ["bicubic", "autoencoder"]
"""


@given(st.integers(1, 40), st.integers(1, 5))
def test_all_parts_have_each_trial_once_and_as_many_of_each_model(parts: int, seeds: int) -> None:
    request = RunRequest(seed=range(seeds))
    data, models = [toys.unread(Path("cache"))], [toys.Identity(), toys.Oracle(), toys.TinyConv()]
    trials = plan.trials(REGISTRY, request, data, [toys.Darken(), toys.Grain()], models)
    found = [shard_of(trials, part, parts) for part in range(1, parts + 1)]
    assert Counter(t.folder(Path()) for shard in found for t in shard) == Counter(t.folder(Path()) for t in trials)
    assert all([t for t in trials if t in shard] == shard for shard in found)
    for model in models:
        counts = [sum(t.model == model for t in shard) for shard in found]
        assert max(counts) - min(counts) <= 1
    assert max(map(len, found)) - min(map(len, found)) <= 1


@pytest.mark.parametrize("text", ["", "3", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "½"])
def test_what_is_no_part_is_an_error(text: str) -> None:
    with pytest.raises(SpecError, match="3/12 is the third of twelve"):
        parse_shard(text)


def test_the_grid_of_the_repository_has_every_model_on_every_degradation(monkeypatch: pytest.MonkeyPatch) -> None:
    """And its workflow does all parts of it."""
    monkeypatch.setattr(plan, "prepare_data", lambda *request: [toys.unread(Path("cache"), "faces", size=64)])
    known, file = registry(), str(ROOT / "leaderboards" / "grid.toml")
    request = plan.with_suite(known, RunRequest(), file, {})
    planned, _ = plan.plan(known, request, Listener(), [])
    every = {
        (str(d), model.name, seed)
        for d in plan.choose(known, "degradation", ["all"])
        for model in plan.choose(known, "model", ["all"])
        if model.misplaced(d) is None
        for seed in ([None] if model.recipe is None else [0, 1, 2])
    }
    assert {(str(t.degradation), t.model.name, t.seed) for t in planned} >= every
    longer = {str(t.degradation): t.budget.amount for t in planned if t.budget and t.budget.amount != 1e12}
    assert longer == dict.fromkeys(["pixelate", "swirl", "gaussian-noise", "real"], 5e12)
    assert {t.tuned for t in planned if t.budget} == {True}
    shards = [
        shard_of(planned, *parse_shard(f"{part}/12")) for part in WORKFLOW["shard"]["strategy"]["matrix"]["shard"]
    ]
    assert sorted(t.key for shard in shards for t in shard) == sorted(t.key for t in planned)
    shorter = plan.with_suite(known, RunRequest(budget="0.01TFLOP"), file, {"budget"})
    assert {grid.budget for grid in shorter.grids} == {""}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_steps_of_the_workflow_give_the_boards_of_one_run(tmp_path: Path) -> None:
    """As they stand there, but on a small grid in its place; a vote that was committed stands on them."""
    boards = boards_by(tmp_path / "parts", "1/2", "2/2")
    assert boards == boards_by(tmp_path / "whole", "1/1")
    [board] = json.loads(next(text for path, text in boards.items() if path.endswith("pixelate.json")))
    assert (board["eyes"]["voters"], sorted(board["eyes"]["models"])) == (1, ["autoencoder", "bicubic"])


def boards_by(folder: Path, *shards: str) -> dict[str, bytes]:
    """Do the workflow's steps for these parts; return the files of the boards but the times, which differ."""
    leaderboards = folder / "leaderboards"
    (leaderboards / "results").mkdir(parents=True)
    (leaderboards / "grid.toml").write_text(SMALL)
    shutil.copy(ROOT / "leaderboards" / "results" / "published.toml", leaderboards / "results")
    for number, shard in enumerate(shards):
        follow("shard", folder, SHARD=shard)
        (folder / "light").rename(folder.joinpath("shards", f"shard-{number}"))
        (folder / "shard").rename(folder / f"kept-{number}")
    vote(folder / "shards", leaderboards / "results" / "votes")
    follow("boards", folder)
    files = [path for path in (folder / "made").rglob("*") if path.is_file() and not path.name.endswith(".speed.md")]
    return {str(p.relative_to(folder)): p.read_bytes() for p in files if "results" not in p.relative_to(folder).parts}


def vote(shards: Path, to: Path) -> None:
    """Write somebody's vote on two models' pictures of one image."""
    found = {path.parents[1].name: samples_in(path, 32)["restored"][0] for path in shards.rglob("samples.*")}
    left, right = (picture_digest(found[model]) for model in ("bicubic", "autoencoder"))
    cast = {"left": left, "right": right, "natural": "left", "closer": "tie"}
    to.mkdir()
    (to / f"{'a' * 32}.json").write_text(json.dumps({"schema": 1, "voter": "a" * 32, "votes": [cast]}))


def follow(job: str, folder: Path, **env: str) -> None:
    """Do the commands of a job of the workflow; the site has tests of its own."""
    (folder / "shards").mkdir(exist_ok=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for step in WORKFLOW[job]["steps"]:
        if not step.get("run", "python").startswith(("python", "benchbench site")):
            subprocess.run(["bash", "-eo", "pipefail", "-c", step["run"]], cwd=folder, check=True, timeout=300,
                           env=os.environ | env | {"PATH": path})  # fmt: skip
