"""The training loop: it learns, stops where the budget says, and resumes to the same bits."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor
from toys import Darken, TinyConv, ToyFaces, portraits
from trainings import (
    CPU,
    Dropping,
    TwoOptimizers,
    anew,
    assert_equal,
    interrupt,
    same,
    trainer,
    weights,
    without_time,
)

from benchbench import Batch, Recipe, TrialError
from benchbench.contracts.degradation import Degradation
from benchbench.contracts.optimizers import MOST_WARM_UP_STEPS, WARM_UP_FLOPS, warm_up_factor
from benchbench.contracts.seeding import generator
from benchbench.data.batches import TrainingSet
from benchbench.training.checkpoint import FORM
from benchbench.training.step import validate


def test_it_learns(cache: Path) -> None:
    for budget in ("100epochs", "recipe"):
        training = trainer(cache, budget=budget)
        start = validate(training.model, training.module, training.validation, CPU)[0]
        assert training.run(anew(cache)).history[-1]["validation_loss"] < 0.3 * start


def test_equal_seeds_give_equal_weights_and_others_do_not(cache: Path) -> None:
    first, again, other = (weights(trainer(cache, seed=seed).run(anew(cache)).module) for seed in (0, 0, 1))
    assert same(first, again)
    assert not same(first, other)


def test_fast_steps_train_as_a_plain_float32_loop_does(cache: Path) -> None:
    """The same batches: without bf16, channels_last and fused Adam it ends where the trainer does."""
    fast = trainer(cache, budget="40epochs")
    plain = copy.deepcopy(fast.module).to(memory_format=torch.contiguous_format).train()
    optimizer = torch.optim.Adam(plain.parameters(), fast.recipe.lr)
    for step in range(40 * fast.epoch_steps):
        fast.state.step = step
        batch = fast.data.batch(
            fast.order.indices(step, fast.batch), generator(fast.seed, "step", step), fast.recipe.flip
        )
        for group in optimizer.param_groups:
            group["lr"] = fast.recipe.lr * warm_up_factor(step, fast.step_flops)
        optimizer.zero_grad()
        fast.model.loss(plain(batch.degraded.contiguous()), batch).backward()
        optimizer.step()
    start = validate(fast.model, fast.module, fast.validation, CPU)[1]
    reached = validate(fast.model, plain, fast.validation, CPU)[1]
    fast.state.step = 0
    fast.run(anew(cache))
    assert validate(fast.model, fast.module, fast.validation, CPU)[1] == pytest.approx(reached, abs=0.2)
    assert reached > start + 3


@pytest.mark.parametrize("budget", ["5epochs", "recipe"])
@pytest.mark.parametrize("stop_at", [1, 7, 8, 20])
def test_a_resumed_run_is_the_run_that_never_stopped(
    cache: Path, monkeypatch: pytest.MonkeyPatch, stop_at: int, budget: str
) -> None:
    model = Dropping() if budget != "recipe" else Longer()
    whole = trainer(cache, model, budget, watch_gradients=True).run(anew(cache))
    interrupt(trainer(cache, model, budget, watch_gradients=True), anew(cache), stop_at, monkeypatch)
    resumed = trainer(cache, model, budget, watch_gradients=True).run(cache / "checkpoint")
    assert_equal(whole, resumed)


@dataclass(frozen=True)
class Longer(Dropping):
    """Trained for longer by its recipe."""

    recipe: ClassVar[Recipe | None] = Recipe(epochs=5, batch=8, schedule="plateau", optimizer="adamw")


# ── rungs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def low_rungs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rungs that begin at 1 MFLOP, within reach of a toy."""
    monkeypatch.setattr("benchbench.contracts.rungs.FIRST", 10**6)


def levels(module: torch.nn.Module) -> dict[str, float]:
    """A score of a kind: the sum of all weights."""
    assert not module.training
    return {"sum": float(sum(p.detach().double().sum() for p in module.parameters()))}


@pytest.mark.usefixtures("low_rungs")
def test_a_training_is_scored_at_every_rung_and_at_its_end(cache: Path) -> None:
    training = trainer(cache, Dropping(), "70MFLOP")
    trained = training.run(anew(cache), on_rung=levels)
    assert [rung["flops"] for rung in trained.rungs] == [2e6, 5e6, 1e7, 2e7, 5e7, 7e7]
    assert [rung["steps"] for rung in trained.rungs] == [round(r["flops"] / training.step_flops) for r in trained.rungs]
    assert [row["step"] for row in trained.history] == [rung["steps"] for rung in trained.rungs]
    assert [f.step for f in trained.frames] == [0, *(rung["steps"] for rung in trained.rungs)]
    assert trained.rungs[-1]["scored"] == levels(trained.module)
    by_step = {row["step"]: row["validation_psnr"] for row in trained.history}
    assert [rung["validation_psnr"] for rung in trained.rungs] == [by_step[rung["steps"]] for rung in trained.rungs]


@pytest.mark.usefixtures("low_rungs")
@pytest.mark.parametrize("first", ["20MFLOP", "33MFLOP", "3epochs", "0.01s"])
def test_a_larger_budget_goes_on_as_if_it_had_been_asked_for_at_once(
    cache: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    at_once = trainer(cache, Dropping(), "150MFLOP", watch_gradients=True).run(anew(cache), on_rung=levels)
    short = trainer(cache, Dropping(), first, watch_gradients=True)
    short.run(anew(cache), on_rung=levels)
    longer = trainer(cache, Dropping(), "150MFLOP", watch_gradients=True)
    interrupt(longer, cache / "checkpoint", short.state.step + 3, monkeypatch, on_rung=levels)
    again = trainer(cache, Dropping(), "150MFLOP", watch_gradients=True).run(cache / "checkpoint", on_rung=levels)
    assert_equal(at_once, again)


@pytest.mark.usefixtures("low_rungs")
def test_a_smaller_budget_takes_no_further_step(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = trainer(cache, Dropping(), "50MFLOP").run(anew(cache), on_rung=levels)
    short = trainer(cache, Dropping(), "20MFLOP")
    monkeypatch.setattr(short, "step", None)
    assert_equal(short.run(cache / "checkpoint", on_rung=levels), long)


@pytest.mark.usefixtures("low_rungs")
def test_rungs_do_not_depend_on_the_kind_of_budget(cache: Path) -> None:
    by_flops = trainer(cache, budget="50MFLOP").run(anew(cache), on_rung=levels).rungs
    by_time = trainer(cache, budget="1s").run(anew(cache), on_rung=levels).rungs
    assert without_time(by_flops) == without_time(by_time)[: len(by_flops)]


def test_a_recipe_is_scored_once_by_its_best_weights(cache: Path) -> None:
    trained = trainer(cache, Dropping(), "recipe").run(anew(cache), on_rung=levels)
    (rung,) = trained.rungs
    best = min(trained.history, key=lambda row: row["validation_loss"])
    assert (rung["flops"], rung["validation_psnr"]) == (trained.facts["flops"], best["validation_psnr"])
    assert rung["scored"] == levels(trained.module)


def test_what_counts_is_the_average_of_the_weights(cache: Path) -> None:
    training = trainer(cache, TinyConv(), "4epochs")
    expected, step = copy.deepcopy(training.module).double(), training.step
    for number in range(1, training.total + 1):
        training._set_rate()
        step()
        share = 1 - (1 - 1 / number) ** 17.97
        for average, value in zip(expected.parameters(), training.module.parameters(), strict=True):
            average.data.lerp_(value.data.double(), share)
    found = trainer(cache, TinyConv(), "4epochs").run(anew(cache)).module
    for average, value in zip(expected.parameters(), found.parameters(), strict=True):
        torch.testing.assert_close(value.double(), average.data, atol=1e-6, rtol=1e-5)


def test_the_batch_of_a_checkpoint_is_kept(cache: Path) -> None:
    first = trainer(cache, budget="1epochs", batch=4)
    first.run(anew(cache))
    longer = trainer(cache, budget="2epochs")
    longer.run(cache / "checkpoint")
    assert (longer.batch, longer.state.step) == (4, 2 * first.epoch_steps)


# ── checkpoints, budgets, rates ──────────────────────────────────────────────────────────────────────────────────────


def test_a_checkpoint_of_another_version_is_left_aside(cache: Path) -> None:
    from benchbench.files import save_tree

    first = trainer(cache)
    save_tree(cache / "checkpoint", {"form": FORM + 1, "strange": torch.zeros(1)})
    assert same(
        weights(first.run(anew(cache)).module),
        weights(trainer(cache / "other").run(anew(cache)).module),
    )


def test_a_whole_run_leaves_the_callers_random_numbers_to_the_step_seeds(cache: Path) -> None:
    torch.manual_seed(1)
    first = weights(trainer(cache, Dropping()).run(anew(cache)).module)
    torch.manual_seed(2)
    assert same(first, weights(trainer(cache, Dropping()).run(anew(cache)).module))


@pytest.mark.parametrize(("budget", "images"), [("2epochs", 96), ("64images", 64), ("1images", 8)])
def test_budgets_buy_what_they_say(cache: Path, budget: str, images: int) -> None:
    facts = trainer(cache, budget=budget).run(anew(cache)).facts
    batches = len(portraits(cache, ToyFaces(n=60)).indices("train")) // 8
    assert facts["images"] == (2 * batches * 8 if budget == "2epochs" else images)
    assert facts["stopped_by"] == "budget"


def test_a_budget_of_flops_is_spent_to_within_a_step(cache: Path) -> None:
    run = trainer(cache, budget="20MFLOP")
    facts = run.run(anew(cache)).facts
    assert abs(facts["flops"] - 20e6) <= run.flops * 8


def test_seconds_are_seconds(cache: Path) -> None:
    run = trainer(cache, budget="0.5s")
    run.run(anew(cache))
    assert 0.5 <= run.state.seconds < 5


def test_flops_of_a_convolution_follow_the_formula(cache: Path) -> None:
    forward = 2 * 3 * 3 * 3 * 3 * 16 * 16  # two a multiply-add: 3 -> 3 channels, 3×3 kernel, 16×16 pixels
    # the backward pass has the weights' gradient; that of the input is not needed for the first layer
    assert trainer(cache).flops == pytest.approx(2 * forward)


@dataclass(frozen=True)
class Patient(TinyConv):
    """Cannot improve: its learning rate is nil."""

    recipe: ClassVar[Recipe | None] = Recipe(
        epochs=50, batch=8, lr=0.0, schedule="constant", patience=3, optimizer="sgd"
    )


def test_patience_stops_a_recipe_that_no_longer_improves(cache: Path) -> None:
    facts = trainer(cache, Patient(), "recipe").run(anew(cache)).facts
    assert facts["stopped_by"] == "patience"
    assert facts["epochs"] == 4  # one that is best, three that are not


def test_patience_counts_under_the_recipe_only(cache: Path) -> None:
    assert trainer(cache, Patient(), "6epochs").run(anew(cache)).facts["epochs"] == 6


@dataclass(frozen=True)
class Six(TinyConv):
    """Trained for six epochs by its recipe."""

    recipe: ClassVar[Recipe | None] = Recipe(epochs=6, batch=8)


def test_by_recipe_the_best_weights_come_back_not_the_last(cache: Path) -> None:
    run = trainer(cache, Six(), "recipe")
    best: dict[int, list[Tensor]] = {}
    validate = run._validate
    losses = iter([0.5, 0.1, 0.4, 0.3, 0.2, 0.15])

    def validated() -> tuple[float, float]:
        validate()
        best[len(best)] = weights(run.module)
        return next(losses), 0.0

    run._validate = validated  # type: ignore[method-assign]
    assert same(weights(run.run(anew(cache)).module), best[1])


@dataclass(frozen=True)
class Diverging(TinyConv):
    """Its loss is not finite."""

    def loss(self, restored: Tensor, batch: Batch) -> Tensor:
        return restored.float().mean() * math.nan


def test_a_loss_that_is_not_finite_fails_the_trial(cache: Path) -> None:
    with pytest.raises(TrialError, match="training loss became nan"):
        trainer(cache, Diverging()).run(anew(cache))


@pytest.mark.parametrize(("done", "schedule", "expected"), [
    (0.5, "cosine", 0.5), (1.0, "cosine", 0.001), (0.02, "cosine", 0.999), (0.5, "constant", 1.0),
])  # fmt: skip
def test_a_recipes_schedule_is_a_function_of_what_is_done(
    cache: Path, done: float, schedule: str, expected: float
) -> None:
    @dataclass(frozen=True)
    class Scheduled(TinyConv):
        """A model with that schedule."""

        recipe: ClassVar[Recipe | None] = Recipe(epochs=20, batch=8, lr=1.0, schedule=schedule)  # type: ignore[arg-type]

    run = trainer(cache, Scheduled(), "recipe")
    run.state.step = round(done * (run.total or 0))
    run._set_rate()
    assert run._groups()[0]["lr"] == pytest.approx(expected, abs=2e-3)


def test_the_rate_is_constant_after_a_warm_up_whatever_the_budget(cache: Path) -> None:
    for budget in ("800images", "5TFLOP"):
        run = trainer(cache, TinyConv(), budget)
        steps = min(MOST_WARM_UP_STEPS, round(WARM_UP_FLOPS / run.step_flops))
        found = []
        for run.state.step in (0, steps // 2, steps, 10 * steps):
            run._set_rate()
            found.append(run._groups()[0]["lr"] / run.recipe.lr)
        assert found == pytest.approx([1 / (steps + 1), 0.5, 1.0, 1.0], abs=6e-3)
    assert warm_up_factor(0, 1e12) == 0.5
    assert warm_up_factor(1, 1e12) == 1.0


def test_each_optimizer_moves_its_own_parameters_only(cache: Path) -> None:
    run = trainer(cache, TwoOptimizers(), "1epochs")
    before_a, before_b = weights(run.module.a), weights(run.module.b)  # type: ignore[arg-type]
    module = run.run(anew(cache)).module
    assert not same(before_a, weights(module.a))  # type: ignore[arg-type]
    assert same(before_b, weights(module.b))  # type: ignore[arg-type]


def test_statistics_are_those_of_numpy(cache: Path) -> None:
    faces = portraits(cache)
    data = TrainingSet(faces, Darken(), CPU)
    pixels = faces.pixels[faces.indices("train")].numpy() / 255.0
    mean, std = data.statistics()
    assert mean == pytest.approx(pixels.mean((0, 2, 3)))
    assert std == pytest.approx(pixels.std((0, 2, 3)))


def test_training_images_are_mirrored_together_with_their_masks(cache: Path) -> None:
    @dataclass(frozen=True)
    class Nothing(Degradation):
        """Leaves the image."""

        name = "nothing"

        def apply(self, clean: Tensor, draw: Any) -> Any:
            from benchbench import Degraded

            return Degraded(clean)

    faces = portraits(cache)
    data, own = TrainingSet(faces, Nothing(), CPU), faces.indices("train")
    rows = torch.arange(len(data))
    batch = data.batch(rows, torch.Generator().manual_seed(0), flip=True)
    plain = faces.pixels[own].float() / 255
    straight = (batch.clean == plain).flatten(1).all(1)
    mirrored = (batch.clean == plain.flip(-1)).flatten(1).all(1)
    assert (straight | mirrored).all()
    assert 5 < int((~straight).sum()) < len(data) - 5
    assert batch.face is not None
    assert faces.masks is not None
    for row, mask in enumerate(faces.masks[own]):
        assert torch.equal(batch.face[row], mask if straight[row] else mask.flip(-1))
    assert torch.equal(batch.degraded, batch.clean)


def test_only_training_images_are_seen(cache: Path) -> None:
    data = portraits(cache)
    seen = TrainingSet(data, Darken(), CPU)
    clean = seen.batch(torch.arange(len(seen)), torch.Generator().manual_seed(0), flip=False).clean
    assert torch.equal(clean, data.pixels[data.indices("train")].float() / 255)
