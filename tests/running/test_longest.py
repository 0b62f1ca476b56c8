"""The order of a run's trials."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest
import results
import toys

from benchbench.contracts.degradation import Degradation
from benchbench.contracts.model import Model
from benchbench.contracts.recipe import Recipe
from benchbench.results import store
from benchbench.results.trial import Trial
from benchbench.running import plan
from benchbench.running.longest import longest_first, newest_training, seconds_of
from benchbench.running.request import RunRequest


@dataclass(frozen=True)
class Conv(toys.TinyConv):
    """One of several models."""

    name = "conv"
    width: int = 1


MODELS: list[Model] = [Conv(width) for width in (2, 3, 4, 5)]
REGISTRY = toys.registry()


def planned(budget: str = "quick", degradations: tuple[Degradation, ...] = (toys.Darken(),)) -> list[Trial]:
    """Each of MODELS with seeds 0 and 1, and one model that needs no training, on each degradation."""
    request = RunRequest(budget=budget, seed=[0, 1])
    data, models = [toys.unread(Path("cache"))], [toys.Identity(), toys.TinyConv()]
    trials = plan.trials(REGISTRY, request, data, degradations, models)
    ours: dict[str, list[Model]] = {"identity": models[:1], "tiny-conv": MODELS}
    boards = [[t for t in trials if t.degradation == degradation] for degradation in degradations]
    return [
        replace(trial, model=model)
        for board in boards
        for name, several in ours.items()
        for model in several
        for trial in board
        if trial.model.name == name
    ]


def names(trials: list[Trial]) -> list[str]:
    return [f"{t.degradation} {t.model} {t.seed}" for t in trials]


def known(out: Path, model: Model, seconds: float, finished: int = 1, degradation: str = "darken") -> Path:
    """A training of the model that took so many seconds."""
    return results.write(
        out, model=str(model), degradation=degradation, seed=finished, timing={"training": {"seconds": seconds}},
        finished_at=f"2026-01-0{finished}T00:00:00+00:00",
    )  # fmt: skip


def test_of_what_nobody_knows_small_batches_come_first(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Heavy(Conv):
        """So much for an image that few make a batch."""

        name = "heavy"
        recipe: ClassVar[Recipe | None] = Recipe(epochs=2, batch=4)

    *others, last = planned()
    found = names(longest_first([*others, replace(last, model=Heavy())], tmp_path))
    assert found[:3] == ["darken identity None", "darken heavy 1", "darken conv:width=2 0"]


@pytest.mark.parametrize("budget", ["quick", "3epochs", "500images", "recipe"])
def test_the_longest_training_is_first_after_what_needs_none(budget: str, tmp_path: Path) -> None:
    for model, seconds in zip(MODELS, (2, 9, 1, 5), strict=True):
        known(tmp_path, model, seconds)
    own = ["identity None", *(f"conv:width={c} {seed}" for c in (3, 5, 2, 4) for seed in (0, 1))]
    trials = planned(budget, (toys.Grain(), toys.Darken()))
    assert names(longest_first(trials, tmp_path)) == [
        f"{board} {name}" for board in ("grain", "darken") for name in own
    ]


def test_what_nobody_knows_comes_first(tmp_path: Path) -> None:
    assert names(longest_first(planned(), tmp_path / "none"))[1::2] == [
        f"darken conv:width={c} 0" for c in (2, 3, 4, 5)
    ]
    known(tmp_path, MODELS[0], 1)
    known(tmp_path, MODELS[2], 7, degradation="grain")  # of another board
    (known(tmp_path, MODELS[1], 99) / store.RESULT).write_text("{")
    assert names(longest_first(planned(), tmp_path))[1::2] == [f"darken conv:width={c} 0" for c in (3, 5, 4, 2)]


def test_the_newest_training_counts(tmp_path: Path) -> None:
    for model, seconds in zip(MODELS, (4, 3, 2, 1), strict=True):
        known(tmp_path, model, seconds, finished=2)
        known(tmp_path, model, 10 - seconds, finished=1)
    assert names(longest_first(planned(), tmp_path))[1::2] == [f"darken conv:width={c} 0" for c in (2, 3, 4, 5)]


def test_learning_rates_that_are_tried_take_time_of_their_own(tmp_path: Path) -> None:
    known(tmp_path, MODELS[0], seconds=100)
    record = newest_training(tmp_path, str(MODELS[0]))
    trial = replace(planned("5TFLOP")[1], model=MODELS[0])
    assert seconds_of(trial, record) == pytest.approx(100)
    assert seconds_of(replace(trial, tuned=True), record) == pytest.approx(100 + 2 * 0.2 / 5 * 100)
