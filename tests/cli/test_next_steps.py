"""What a run says to do next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import results

from benchbench.cli.next_steps import next_steps
from benchbench.results import store
from benchbench.running.request import RunRequest
from benchbench.running.run import Report

REQUEST = RunRequest(budget="quick")


def report(tmp_path: Path, seeds: int = 1, **facts: object) -> Report:
    """A run that trained a model so many times."""
    folders = [results.write(tmp_path, seed=seed, **facts) for seed in range(seeds)]
    records = [store.read(folder).record for folder in folders]
    return Report(records, 1, [], [], [], failed=[record for record in records if record.status == "failed"])


def commands(found: list[tuple[str, str]]) -> list[str]:
    return [command for command, _ in found]


@pytest.mark.parametrize(("typed", "again"), [
    (["run", "--model", "unet"], "benchbench run --model unet --seeds 3"),
    (["run", "--seed", "4", "--model=a b"], "benchbench run '--model=a b' --seeds 3"),
    (["run", "--seeds=2"], "benchbench run --seeds 3"),
])  # fmt: skip
def test_after_few_trainings_more_give_ranks(typed: list[str], again: str, tmp_path: Path) -> None:
    found = commands(next_steps(typed, REQUEST, report(tmp_path)))
    assert found == ["benchbench site", "benchbench restore PHOTO --degrade darken", again]


def test_after_several_trainings_more_training_goes_on(tmp_path: Path) -> None:
    done = report(tmp_path, seeds=3)
    for budget, more in (("quick", "5TFLOP"), ("20epochs", "100epochs"), ("1min", "300s")):
        last = commands(next_steps(["run", "--budget", budget], replace(REQUEST, budget=budget), done))[2]
        assert last == f"benchbench run --budget {more}"
    assert "verify" in commands(next_steps(["run"], replace(REQUEST, budget="recipe"), done))[2]


def test_a_folder_of_ones_own_is_named(tmp_path: Path) -> None:
    found = commands(next_steps(["run"], replace(REQUEST, out=Path("my runs")), report(tmp_path)))
    assert found[:2] == [
        "benchbench site --runs 'my runs'", "benchbench restore PHOTO --degrade darken --runs 'my runs'"
    ]  # fmt: skip


def test_what_went_wrong_comes_first(tmp_path: Path) -> None:
    failed = report(tmp_path, status="failed", reason="it raised")
    assert commands(next_steps(["run"], REQUEST, failed))[0] == "benchbench check tiny-conv"
    assert commands(next_steps(["run"], REQUEST, replace(failed, interrupted=True)))[0] == "benchbench run"
    assert len(next_steps(["run"], REQUEST, failed)) == 3
