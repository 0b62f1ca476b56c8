"""How long a run will take: by stored trainings, by a try, and what is said where neither tells."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import toys
from click.testing import CliRunner
from jobs import Recorder, go

from benchbench.cli import main
from benchbench.cli.estimates import plain
from benchbench.running import estimate, plan, run
from benchbench.running.request import RunRequest

REQUEST = RunRequest(size=16, model=["tiny-conv", "identity"], degradation=["darken"], device="cpu", jobs=2)


def test_a_training_is_estimated_by_the_stored_one_of_its_model(tmp_path: Path) -> None:
    done = go(tmp_path, model=["tiny-conv"], degradation=["darken"], budget="2epochs")
    [record] = [r for r in done.results if r.timing.training]
    assert record.timing.training
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    wanted = replace(REQUEST, out=tmp_path, degradation=["darken", "grain"], budget="6epochs", with_references=False)
    found = run.dry_run(toys.registry(), wanted, Recorder())
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert found.source == {"tiny-conv": "stored"}
    whole = 3 * record.timing.training.seconds
    seconds = {str(t.degradation): found.training[t.key] for t in found.trials if t.budget}
    assert seconds["grain"] == pytest.approx(whole)
    assert seconds["darken"] == pytest.approx(whole * 2 / 3)  # it goes on from what is stored
    told = [t["seconds"] for t in plain(found)["trials"] if t["model"] == "tiny-conv"]
    assert sorted(told) == sorted(seconds.values())


def test_trials_are_laid_side_by_side() -> None:
    registry = toys.registry()
    data, models = [toys.unread(Path("cache"))], [toys.TinyConv()]
    trials = plan.trials(registry, RunRequest(seed=range(3)), data, [toys.Darken()], models)
    seconds = {t.key: s for t, s in zip(trials, (5.0, 3.0, 4.0), strict=True)}
    assert [estimate.Estimate(trials, seconds, {}, jobs).seconds for jobs in (1, 2, 3)] == [12, 7, 5]
    assert estimate.Estimate(trials, {}, {}, 2).seconds == 0


def test_a_model_that_is_new_here_is_tried_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "TRY_SECONDS", 0.1)
    out = tmp_path / "runs"
    found = run.dry_run(toys.registry(), replace(REQUEST, out=out, budget="50epochs"), Recorder())
    assert found.source == {"tiny-conv": "tried"}
    assert 0 < found.seconds < 600
    assert not out.exists()


def test_a_cluster_whose_speed_is_not_known_is_not_guessed(tmp_path: Path) -> None:
    registry = toys.registry()
    trials = plan.trials(registry, RunRequest(), [toys.unread(tmp_path)], [toys.Darken()], [toys.TinyConv()])
    found = estimate.estimate(trials, replace(REQUEST, executor="dask", out=tmp_path))
    assert found.training == {}
    assert found.source == {"tiny-conv": "no earlier training is stored"}


def test_the_plan_is_shown_without_being_run(tmp_path: Path) -> None:
    chosen = ["--dataset", "faces:n=60", "--size", "16", "--model", "identity", "--out", str(tmp_path / "runs")]
    shown = CliRunner().invoke(main, ["run", "--dry-run", *chosen])
    assert shown.exit_code == 0
    assert "2 trials on 1 board: 0 done already, 2 to run" in shown.output
    assert "Nothing is trained." in shown.output
    asked = json.loads(CliRunner().invoke(main, ["run", "--dry-run", "--json", *chosen]).stdout)
    assert [trial["model"] for trial in asked["trials"]] == ["identity", "oracle"]
    assert not (tmp_path / "runs").exists()
