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
from trainings import CPU, Dropping, TwoOptimizers, interrupt, same, trainer, weights

from benchbench import Batch, Recipe, TrialError
from benchbench.contracts.degradation import Degradation
from benchbench.contracts.optimizers import rate_factor
from benchbench.contracts.seeding import generator
from benchbench.data.batches import TrainingSet
from benchbench.training.checkpoint import FORM
from benchbench.training.step import validate


def without_time(history: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in history]


def test_it_learns(cache: Path) -> None:
    history = trainer(cache, budget="30epochs").run(cache / "checkpoint").history
    assert history[-1]["validation_loss"] < 0.2 * history[0]["validation_loss"]


def test_equal_seeds_give_equal_weights_and_others_do_not(cache: Path) -> None:
    first, again, other = (weights(trainer(cache, seed=seed).run(cache / "checkpoint").module) for seed in (0, 0, 1))
    assert same(first, again)
    assert not same(first, other)


def test_fast_steps_train_as_a_plain_float32_loop_does(cache: Path) -> None:
    """The same batches: without bf16, channels_last and fused Adam it ends where the trainer does."""
    fast = trainer(cache, budget="20epochs")
    plain = copy.deepcopy(fast.module).to(memory_format=torch.contiguous_format).train()
    optimizer = torch.optim.Adam(plain.parameters(), fast.recipe.lr)
    for step in range(20 * fast.epoch_steps):
        fast.state.step = step
        batch = fast.data.batch(fast._indices(step), generator(fast.seed, "step", step), fast.recipe.flip)
        for group in optimizer.param_groups:
            group["lr"] = fast.recipe.lr * rate_factor(fast.recipe.schedule, step / (20 * fast.epoch_steps))
        optimizer.zero_grad()
        fast.model.loss(plain(batch.degraded.contiguous()), batch).backward()
        optimizer.step()
    start = validate(fast.model, fast.module, fast.validation, CPU)[1]
    reached = validate(fast.model, plain, fast.validation, CPU)[1]
    fast.state.step = 0
    assert fast.run(cache / "checkpoint").history[-1]["validation_psnr"] == pytest.approx(reached, abs=0.2)
    assert reached > start + 3


@pytest.mark.parametrize("stop_at", [1, 7, 8, 20])
def test_a_resumed_run_is_the_run_that_never_stopped(
    cache: Path, monkeypatch: pytest.MonkeyPatch, stop_at: int
) -> None:
    whole = trainer(cache, Dropping(), "5epochs", watch_gradients=True).run(cache / "checkpoint")
    interrupt(trainer(cache, Dropping(), "5epochs", watch_gradients=True), cache / "checkpoint", stop_at, monkeypatch)
    resumed = trainer(cache, Dropping(), "5epochs", watch_gradients=True).run(cache / "checkpoint")
    assert same(list(whole.module.state_dict().values()), list(resumed.module.state_dict().values()))
    assert without_time(whole.history) == without_time(resumed.history)
    assert whole.facts == resumed.facts
    assert [(f.step, f.psnr) for f in whole.frames] == [(f.step, f.psnr) for f in resumed.frames]
    assert same([f.images for f in whole.frames], [f.images for f in resumed.frames])


def test_a_checkpoint_of_another_version_is_left_aside(cache: Path) -> None:
    from benchbench.files import save_tree

    first = trainer(cache)
    save_tree(cache / "checkpoint", {"form": FORM + 1, "strange": torch.zeros(1)})
    assert same(
        weights(first.run(cache / "checkpoint").module),
        weights(trainer(cache / "other").run(cache / "checkpoint").module),
    )


def test_a_whole_run_leaves_the_callers_random_numbers_to_the_step_seeds(cache: Path) -> None:
    torch.manual_seed(1)
    first = weights(trainer(cache, Dropping()).run(cache / "checkpoint").module)
    torch.manual_seed(2)
    assert same(first, weights(trainer(cache, Dropping()).run(cache / "checkpoint").module))


@pytest.mark.parametrize(("budget", "images"), [("2epochs", 96), ("64images", 64), ("1images", 8)])
def test_budgets_buy_what_they_say(cache: Path, budget: str, images: int) -> None:
    facts = trainer(cache, budget=budget).run(cache / "checkpoint").facts
    batches = len(portraits(cache, ToyFaces(n=60)).indices("train")) // 8
    assert facts["images"] == (2 * batches * 8 if budget == "2epochs" else images)
    assert facts["stopped_by"] == "budget"


def test_a_budget_of_flops_is_spent_to_within_a_step(cache: Path) -> None:
    run = trainer(cache, budget="20MFLOP")
    facts = run.run(cache / "checkpoint").facts
    assert abs(facts["flops"] - 20e6) <= run.flops * 8


def test_seconds_are_seconds(cache: Path) -> None:
    run = trainer(cache, budget="0.5s")
    run.run(cache / "checkpoint")
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
    facts = trainer(cache, Patient(), "recipe").run(cache / "checkpoint").facts
    assert facts["stopped_by"] == "patience"
    assert facts["epochs"] == 4  # one that is best, three that are not


def test_patience_counts_under_the_recipe_only(cache: Path) -> None:
    assert trainer(cache, Patient(), "6epochs").run(cache / "checkpoint").facts["epochs"] == 6


def test_the_best_weights_come_back_not_the_last(cache: Path) -> None:
    run = trainer(cache, budget="6epochs")
    best: dict[int, list[Tensor]] = {}
    validate = run._validate
    losses = iter([0.5, 0.1, 0.4, 0.3, 0.2, 0.15])

    def validated() -> tuple[float, float]:
        validate()
        best[len(best)] = weights(run.module)
        return next(losses), 0.0

    run._validate = validated  # type: ignore[method-assign]
    assert same(weights(run.run(cache / "checkpoint").module), best[1])


@dataclass(frozen=True)
class Diverging(TinyConv):
    """Its loss is not finite."""

    def loss(self, restored: Tensor, batch: Batch) -> Tensor:
        return restored.float().mean() * math.nan


def test_a_loss_that_is_not_finite_fails_the_trial(cache: Path) -> None:
    with pytest.raises(TrialError, match="training loss became nan"):
        trainer(cache, Diverging()).run(cache / "checkpoint")


@pytest.mark.parametrize(("done", "schedule", "expected"), [
    (0.5, "cosine", 0.5), (1.0, "cosine", 0.001), (0.02, "cosine", 0.999), (0.5, "constant", 1.0),
])  # fmt: skip
def test_the_schedule_is_a_function_of_the_budget_spent(
    cache: Path, done: float, schedule: str, expected: float
) -> None:
    @dataclass(frozen=True)
    class Scheduled(TinyConv):
        """A model with that schedule."""

        recipe: ClassVar[Recipe | None] = Recipe(batch=8, lr=1.0, schedule=schedule)  # type: ignore[arg-type]

    run = trainer(cache, Scheduled(), "800images")
    run.state.step = round(done * 100)
    run._set_rate()
    assert run._groups()[0]["lr"] == pytest.approx(expected, abs=2e-3)


def test_each_optimizer_moves_its_own_parameters_only(cache: Path) -> None:
    run = trainer(cache, TwoOptimizers(), "1epochs")
    before_a, before_b = weights(run.module.a), weights(run.module.b)  # type: ignore[arg-type]
    module = run.run(cache / "checkpoint").module
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
