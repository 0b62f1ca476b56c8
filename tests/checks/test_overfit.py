"""The overfit check: healthy models pass, those that cannot learn are found out, and none harms another."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import toys
from click.testing import CliRunner

from benchbench import SpecError
from benchbench.checks import overfit
from benchbench.cli import main
from benchbench.data.degraded import psnr_of
from benchbench.running.listeners import Listener
from benchbench.running.request import RunRequest


def check(folder: Path, *models: str, **options: object) -> list[overfit.Verdict]:
    wanted = RunRequest(**{"size": 16, "out": folder, "device": "cpu", "jobs": 2, "model": models, **options})
    return list(overfit.overfit_one(toys.registry("learners"), wanted, Listener()))


@pytest.fixture(autouse=True)
def _fewer_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overfit, "STEPS", 150)  # reaches no other process; those of `verdict` below are in this one


def verdict(cache: Path, model: str, degradation: str = "darken") -> overfit.Verdict:
    """A verdict found in this process."""
    import torch

    from benchbench.contracts.budget import Budget
    from benchbench.data.prepared import prepare
    from benchbench.results.trial import Trial

    registry = toys.registry("learners")
    folder = prepare(toys.ToyFaces(), 16, cache)
    parts = (registry.resolve("degradation", degradation), registry.resolve("model", model))
    trial = Trial(folder, "toy-faces", "f", 16, *parts, seed=0, budget=Budget.parse("quick"))
    return overfit.overfit(trial, torch.device("cpu"))


def test_a_healthy_model_learns_and_ends_early(cache: Path) -> None:
    found = verdict(cache, "learner")
    assert found.status == "learns"
    assert found.psnr is not None
    assert found.needed is not None
    assert found.psnr >= max(found.needed, overfit.HIGH)
    assert 0 < found.steps < overfit.STEPS


@pytest.mark.parametrize(("flaw", "degradation"), [
    ("constant", "darken"), ("dead", "darken"), ("collapse", "grain:sigma=0.2"),
])  # fmt: skip
def test_a_model_that_cannot_learn_is_found_out(cache: Path, flaw: str, degradation: str) -> None:
    found = verdict(cache, f"learner:flaw={flaw}", degradation)
    assert found.status == "cannot learn"
    assert not found.passed
    assert found.steps == overfit.STEPS
    assert "CANNOT learn" in str(found)
    assert "needed" in str(found)


def test_the_image_is_the_training_image_that_is_spoilt_most(cache: Path) -> None:
    data, darken = toys.portraits(cache), toys.Darken()
    pair = overfit.one_image(data, darken)
    assert len(pair) == overfit.COPIES
    assert set(pair.ids) < {data.ids[i] for i in data.indices("train")}
    chosen = psnr_of(pair.degraded / 255, pair.clean / 255)
    factor = float(pair.truth["factor"][0])
    assert chosen == pytest.approx(psnr_of(pair.clean / 255 * factor, pair.clean / 255), abs=0.1)
    others = overfit.one_image(toys.portraits(cache, toys.ToyFaces(n=10)), darken)
    assert chosen <= psnr_of(others.degraded / 255, others.clean / 255)


@pytest.mark.parametrize("ideal", [25.0, 31.0, 60.0, math.inf])
@pytest.mark.parametrize("idle", [10.0, 24.0])
@pytest.mark.parametrize("start", [5.0, 24.5])
def test_what_is_needed_lies_above_the_start_and_below_the_ideal(start: float, idle: float, ideal: float) -> None:
    needed = overfit.Marks(idle, idle, ideal).needed(start)
    assert max(start, idle) < needed < ideal
    assert needed <= max(start + overfit.GAIN, idle + overfit.BEYOND)


def test_good_is_good_enough_where_the_image_is_hardly_degraded() -> None:
    assert overfit.Marks(45.0, 45.0, math.inf).needed(5.0) == overfit.GOOD
    assert overfit.Marks(45.0, 45.0, math.inf).needed(45.0) == 45.0 + overfit.GAIN


def test_marks_are_those_of_the_pictures(cache: Path) -> None:
    pairs = overfit.one_image(toys.portraits(cache), toys.Darken())
    marks = overfit.Marks.of(pairs, toys.Darken())
    error = (pairs.degraded / 255 - pairs.clean / 255).square().mean()
    spread = (pairs.clean[0] / 255).flatten(1).var(1, correction=0).mean()
    assert marks.degraded == pytest.approx(float(-10 * error.log10()), abs=1e-3)
    assert marks.idle == pytest.approx(max(marks.degraded, float(-10 * spread.log10())), abs=1e-3)
    assert marks.ideal > 40
    assert overfit.Marks.of(pairs, toys.Grain()).ideal == math.inf


def test_each_model_is_checked_whatever_the_others_do_and_nothing_is_stored(tmp_path: Path) -> None:
    models = ("identity", "learner:flaw=exit", "learner:flaw=nan", "learner:flaw=detached", "learner")
    verdicts = check(tmp_path / "runs", *models)
    found = {v.model.removeprefix("learner:flaw="): v for v in verdicts}
    assert {name: v.status for name, v in found.items()} == {
        "exit": "failed", "nan": "failed", "detached": "failed", "learner": "learns",
    }  # fmt: skip
    assert "the training loss must be a scalar tensor with a gradient" in found["detached"].reason
    assert [v.passed for v in verdicts] == [False, False, False, True]
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_a_model_keeps_its_limits_while_another_is_at_work(tmp_path: Path) -> None:
    models = [f"learner:flaw={flaw}" for flaw in ("patient", "greedy", "hang")]
    found = {v.model: v for v in check(tmp_path, *models, jobs=3, timeout=12.0, memory="1.4GB")}
    patient, greedy, hang = (found[model] for model in models)
    assert patient.status == "learns"
    assert greedy.reason == "needed more than 1.4 GB of memory; --memory allows it more"
    assert hang.reason == "took longer than 12 s; --timeout allows it more"


def test_nothing_to_check_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="none of the chosen models is trained"):
        check(tmp_path, "identity")


def test_a_model_that_is_perfect_already_has_nothing_to_learn(cache: Path) -> None:
    found = verdict(cache, "learner:flaw=dead", "darken:factor=1")
    assert found.status == "skipped"
    assert found.passed


def test_the_command_line_says_so_and_exits_with_0(tmp_path: Path) -> None:
    arguments = ["run", "--size", "16", "--dataset", "faces:n=60", "--device", "cpu", "--overfit-one"]
    result = CliRunner().invoke(
        main, [*arguments, "--model", "unet:width=8", "--out", str(tmp_path / "runs"), "--json"]
    )
    assert result.exit_code == 0, result.output
    [told] = json.loads(result.output)["overfit"]
    assert told["status"] == "learns"
    assert math.isfinite(told["psnr"])
    assert told["psnr"] > told["degraded_psnr"]
    assert not (tmp_path / "runs").exists()
