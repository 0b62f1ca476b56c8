"""Metrics that know of the training images: fitted to these alone, once for all trials; what cannot be fitted says why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import toys
from torch import Tensor

from benchbench import Metric, Task, score
from benchbench.evaluation.fitting import fitted

TASK = Task(16, toys.Darken())


@dataclass(frozen=True)
class FromMean(Metric):
    """Distance from the mean training image."""

    name = "from-mean"
    higher_is_better = False
    full_reference = False

    def fit(self, images: Iterable[Tensor]) -> Mapping[str, Tensor]:
        return {"mean": torch.cat(list(images)).double().mean(0)}

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return (restored - self.known["mean"]).abs().flatten(1).mean(1).float()


@dataclass(frozen=True)
class Unfit(FromMean):
    """Cannot be fitted."""

    name = "unfit"

    def fit(self, images: Iterable[Tensor]) -> Mapping[str, Tensor]:
        raise RuntimeError("too few images")


@dataclass(frozen=True)
class Empty(FromMean):
    """Is fitted to nothing."""

    name = "empty"

    def fit(self, images: Iterable[Tensor]) -> Mapping[str, Tensor]:
        return {}


def test_it_knows_the_training_images_and_no_others(tmp_path: Path) -> None:
    data = toys.portraits(tmp_path)
    [metric], failed = fitted([FromMean()], data.folder, TASK)
    expected = (data.pixels[data.indices("train")].double() / 255).mean(0)
    torch.testing.assert_close(metric.known["mean"], expected, atol=1e-7, rtol=0)
    assert not failed
    assert metric == FromMean()


def test_it_is_fitted_once_and_then_the_same_to_the_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = toys.portraits(tmp_path)
    [first], _ = fitted([FromMean()], data.folder, TASK)
    monkeypatch.setattr(FromMean, "fit", Unfit.fit)
    [second], failed = fitted([FromMean()], data.folder, TASK)
    assert torch.equal(first.known["mean"], second.known["mean"])
    assert not failed


def test_a_metric_that_cannot_be_fitted_is_left_out_with_its_reason(tmp_path: Path) -> None:
    ready, failed = fitted([Unfit(), Empty(), toys.MeanError()], toys.portraits(tmp_path).folder, TASK)
    assert ready == [toys.MeanError()]
    assert failed["unfit"] == "failed: RuntimeError: too few images"
    assert "named tensors" in failed["empty"]


def test_images_alone_do_not_tell_what_it_must_know() -> None:
    image = torch.zeros(1, 3, 16, 16)
    found = score(image, image, metrics=[FromMean()])
    assert "clean training images" in found.unavailable["from-mean"]
