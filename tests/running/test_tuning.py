"""Learning rates that are tuned: what is tried, what is chosen, and that it goes on to the bit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer
from toys import Darken, ToyFaces, portraits
from trainings import assert_equal

from benchbench import Batch, Model, Recipe, Task, TrialError, param
from benchbench.contracts.budget import Budget
from benchbench.contracts.rungs import FACTORS
from benchbench.data.batches import TrainingSet
from benchbench.data.degraded import DegradedSet, degraded_set
from benchbench.evaluation.rungs import RungScorer
from benchbench.results import store
from benchbench.results.record import TrainingTime, Tuning
from benchbench.results.trial import Trial
from benchbench.running.train import train
from benchbench.training.anytime import AnyTimeTrainer
from benchbench.training.trainer import Trained
from benchbench.training.tuning import Choice

RUNG = 2e7  # FLOPs to which rates are tried here
LARGE = 0.6


@dataclass(frozen=True)
class Rated(Model):
    """A stranger's: two stages, each with an optimizer of its own, at a rate that may suit it or not."""

    name = "rated"
    recipe: ClassVar[Recipe | None] = Recipe(batch=8)

    lr: float = param(0.125, "learning rate", low=0)

    def build(self, task: Task) -> nn.Module:
        return nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.Dropout(0.2), nn.Conv2d(6, 3, 1))

    def configure_optimizers(self, module: nn.Module) -> Mapping[str, Optimizer]:
        return {name: SGD(module[i].parameters(), self.lr) for name, i in (("in", 0), ("out", 3))}  # type: ignore[index]


@dataclass(frozen=True)
class Bounded(Rated):
    """Has no loss for large weights, as at large rates."""

    name = "bounded"

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        loss = super().training_step(module, batch, optimizer)
        bias = module[3].bias.detach().abs().max()  # type: ignore[index]
        return loss if bias < LARGE else math.nan * loss


@dataclass(frozen=True)
class Greedy(Rated):
    """Has no memory for more than two images."""

    name = "greedy"

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        if len(batch.clean) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1.00 TiB.")
        return super().training_step(module, batch, optimizer)


@dataclass
class Scorer:
    """Scores by the sum of all weights; of the last it keeps the module."""

    trial: Trial
    task: Task
    data: TrainingSet
    work: Path
    last: nn.Module | None = None
    scored: list[float] = field(default_factory=list)

    def __call__(self, module: nn.Module) -> dict[str, Any]:
        self.last = module
        self.scored.append(float(sum(p.detach().double().sum() for p in module.parameters())))
        return {"sum": self.scored[-1]}


@dataclass
class Doing:
    """Trainings in this process; each step's factor is remembered, and leaves a checkpoint."""

    data: TrainingSet
    validation: DegradedSet
    out: Path
    steps: list[float] = field(default_factory=list)
    last: int | None = None
    """Ctrl-C is pressed before the step after this one."""

    def __call__(
        self, name: str, model: Model, budget: str = "50MFLOP", **options: Any
    ) -> tuple[Trained, TrainingTime, Scorer]:
        trial = Trial(
            self.out, "toy-faces", "", 16, Darken(), model, 0, Budget.parse(budget), **{"tuned": True} | options
        )
        work = self.out / name
        work.mkdir(exist_ok=True)
        scorer = Scorer(trial, Task(16, Darken()), self.data, work)
        self.steps.clear()
        trained, time, _ = train(cast(RungScorer, scorer), self.validation)
        return trained, time, scorer


@pytest.fixture
def do(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doing:
    data = portraits(cache, ToyFaces(n=60))
    doing = Doing(
        TrainingSet(data, Darken(), torch.device("cpu")), degraded_set(data, "validation", Darken(), cache), tmp_path
    )
    step = AnyTimeTrainer.step

    def counted(training: AnyTimeTrainer) -> Tensor:
        if len(doing.steps) == doing.last:
            raise KeyboardInterrupt
        doing.steps.append(training.times)
        return step(training)

    monkeypatch.setattr("gc.collect", int)  # as slow as the rest
    monkeypatch.setattr("benchbench.contracts.rungs.FIRST", int(RUNG / 2))
    monkeypatch.setattr(AnyTimeTrainer, "step", counted)
    return doing


def tuning_of(trained: Trained) -> Tuning:
    found: Tuning = trained.facts["tuning"]
    return found


def assert_same(one: Trained, other: Trained) -> None:
    """Equal to the bit, but for seconds."""
    assert_equal(*(replace(t, rungs=[r | {"seconds": 0.0} for r in t.rungs]) for t in (one, other)))


@pytest.mark.parametrize(("lr", "factor"), [(4.0, 3.0), (8.0, 1.0), (16.0, 1 / 3)])
def test_what_validates_best_goes_on_as_if_it_had_been_the_recipes(do: Doing, lr: float, factor: float) -> None:
    tuned, time, scorer = do("tuned", Rated(lr))
    tuning, taken = tuning_of(tuned), Counter(do.steps)
    tried = {each.factor: each.validation_psnr for each in tuning.tried}
    assert tuning.factor == factor == max(tried, key=lambda f: tried[f] or -math.inf)
    assert [rung["flops"] for rung in tuned.rungs] == [RUNG / 2, RUNG, 5e7]
    assert tried[factor] == tuned.rungs[1]["validation_psnr"]
    assert taken.pop(factor) == tuned.facts["steps"]
    assert set(taken) == set(FACTORS) - {factor}
    assert set(taken.values()) == {tuned.rungs[1]["steps"]}
    assert tuning.flops == sum(taken.values()) * tuned.facts["flops"] / tuned.facts["steps"]
    assert (time.tuning_seconds or 0) > 0
    assert [rung["scored"]["sum"] for rung in tuned.rungs] == scorer.scored  # those that lost never met the test set
    if factor == 3:  # times which a power of two is exact
        own = do("own", Rated(lr * factor), tuned=False)[0]
        del tuned.facts["tuning"]
        assert_same(tuned, own)


def test_a_rate_at_which_training_fails_loses_and_if_all_do_the_trial_fails(do: Doing) -> None:
    tuning = tuning_of(do("some", Bounded(16.0))[0])
    assert [(t.factor, t.validation_psnr is None) for t in tuning.tried] == [(1.0, False), (1 / 3, False), (3.0, True)]
    assert tuning.factor == 1 / 3
    with pytest.raises(TrialError, match="the training loss became nan by step"):
        do("all", Bounded(2.0**20))


def test_killed_at_any_moment_and_with_a_larger_budget_it_goes_on_to_the_same(
    do: Doing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The smaller budget ends before the rates are tried to their end."""
    at_once = do("once", Bounded(16.0))[0]
    assert do("twice", Bounded(16.0), "10MFLOP")[0].rungs[-1]["flops"] == 1e7
    monkeypatch.setattr("benchbench.training.trainer.CHECKPOINT_SECONDS", -1.0)
    for do.last in (3, 9, 8, 7, 9):
        with pytest.raises(KeyboardInterrupt):
            do("killed", Bounded(16.0))
    assert [path.name for path in (do.out / "killed").glob(store.CHECKPOINTS)] == [store.CHECKPOINT]
    do.last = None
    for name in ("twice", "killed"):
        again = do(name, Bounded(16.0))[0]
        assert_same(again, at_once)
        assert [path.name for path in (do.out / name).glob(store.CHECKPOINTS)] == [store.CHECKPOINT]


def test_killed_once_it_has_chosen_it_tries_nothing_again(do: Doing, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = Choice.keep

    def stop(choice: Choice, tried: Path, checkpoint: Path) -> None:
        keep(choice, tried, checkpoint)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Choice, "keep", stop)
        with pytest.raises(KeyboardInterrupt):
            do("killed", Rated(8.0))
    again = do("killed", Rated(8.0))[0]
    assert set(do.steps) == {tuning_of(again).factor}
    assert len(tuning_of(again).tried) == 3
    assert "sum" in again.rungs[0]["scored"]


def test_batches_that_do_not_fit_are_halved_for_all_rates_alike(do: Doing) -> None:
    trained = do("halved", Greedy(4.0), budget="20MFLOP")[0]
    assert trained.facts["batch"] == 2
    assert {each.validation_psnr is None for each in tuning_of(trained).tried} == {False}
    assert tuning_of(trained).flops == 2 * trained.facts["flops"]


def test_progress_rises_and_says_that_it_tunes(do: Doing, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[Mapping[str, float], int | None]] = []
    monkeypatch.setattr("benchbench.running.train.tell", lambda values, row=None: told.append((values, row)))
    monkeypatch.setattr("benchbench.training.trainer.SHOW_SECONDS", -1.0)
    trained = do("told", Rated(4.0))[0]
    progress = [values for values, row in told if row is None]
    fractions = [values["fraction"] for values in progress]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert list(dict.fromkeys(values.get("tuning") for values in progress)) == [*FACTORS, None]
    assert [row for _, row in told if row is not None] == list(range(len(trained.history)))
