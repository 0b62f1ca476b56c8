"""The overfit check: healthy models pass, those that cannot learn are found out, and none harms another."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import toys
from click.testing import CliRunner

from benchbench import SpecError, job, overfit
from benchbench.cli import main
from benchbench.degrading import psnr_of
from benchbench.job import Request


class Heard(job.Screen):
    """Remembers the verdicts as they come."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def checked(self, verdict: overfit.Verdict) -> None:
        self.lines.append(str(verdict))


def check(folder: Path, *models: str, **options: object) -> tuple[job.Checked, list[str]]:
    heard = Heard()
    wanted = Request(**{"size": 16, "out": folder, "device": "cpu", "jobs": 2, "model": models, **options})
    return job.overfit_one(toys.registry("learners"), wanted, heard), heard.lines


@pytest.fixture(autouse=True)
def _fewer_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overfit, "STEPS", 150)  # reaches no other process; those of `verdict` below are in this one


def verdict(cache: Path, model: str, degradation: str = "darken") -> overfit.Verdict:
    """A verdict found in this process."""
    import torch

    from benchbench.budget import Budget
    from benchbench.data import prepare
    from benchbench.trial import Trial

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
    pair = overfit.one_pair(data, darken)
    assert len(pair) == overfit.COPIES
    assert set(pair.ids) < {data.ids[i] for i in data.indices("train")}
    chosen = psnr_of(pair.degraded / 255, pair.clean / 255)
    factor = float(pair.truth["factor"][0])
    assert chosen == pytest.approx(psnr_of(pair.clean / 255 * factor, pair.clean / 255), abs=0.1)
    others = overfit.one_pair(toys.portraits(cache, toys.ToyFaces(n=10)), darken)
    assert chosen <= psnr_of(others.degraded / 255, others.clean / 255)


def test_what_is_needed_never_exceeds_the_ideal_inverse(cache: Path) -> None:
    pairs = overfit.one_pair(toys.portraits(cache), toys.Darken())
    ideal = psnr_of(toys.Darken().invert(pairs.degraded / 255, pairs.truth), pairs.clean / 255)
    for start in (0.0, 20.0, ideal - 1):
        given, needed = overfit.needed_psnr(start, toys.Darken(), pairs)
        assert start < needed < ideal
        assert needed >= min(given + overfit.BEYOND, overfit.GOOD)


def test_each_model_is_checked_whatever_the_others_do_and_nothing_is_stored(tmp_path: Path) -> None:
    models = ("identity", "learner:flaw=exit", "learner:flaw=nan", "learner:flaw=detached", "learner")
    report, lines = check(tmp_path / "runs", *models)
    found = {v.model.removeprefix("learner:flaw="): v for v in report.verdicts}
    assert {name: v.status for name, v in found.items()} == {
        "exit": "failed", "nan": "failed", "detached": "failed", "learner": "learns",
    }  # fmt: skip
    assert "the training loss must be a scalar tensor with a gradient" in found["detached"].reason
    assert len(lines) == 4
    assert [v.model for v in report.failed] == [v.model for v in report.verdicts[:3]]
    assert not (tmp_path / "runs").exists()
    told = json.loads(report.to_json())["overfit"]
    assert [v["status"] for v in told] == [v.status for v in report.verdicts]


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
