"""The flow end-point error: laws of the distance, and the scale that the true and the empty field span."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from toys import portraits

from benchbench import Model, Range, Task, TrialError
from benchbench.data.degraded import DegradedSet, degraded_set
from benchbench.evaluation.restore import restore
from benchbench.evaluation.score import score
from benchbench_plugins.degradations.gaussian_blur import GaussianBlur
from benchbench_plugins.degradations.swirl import Swirl
from benchbench_plugins.metrics.epe import EndPointError
from benchbench_plugins.models.identity import Identity
from benchbench_plugins.models.oracle import Oracle
from benchbench_plugins.models.swirl_unet import SwirlUNet
from benchbench_plugins.models.unet import UNet

CPU = torch.device("cpu")
SWIRL = Swirl(rotation=Range(-1, 1))


@given(u=st.floats(-99, 99), v=st.floats(-99, 99), n=st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_a_shift_scores_its_length(u: float, v: float, n: int) -> None:
    true = torch.randn((n, 2, 9, 7), generator=torch.Generator().manual_seed(n))
    scores = EndPointError()(true + torch.tensor([u, v]).view(2, 1, 1), true)
    torch.testing.assert_close(scores, torch.full((n,), math.hypot(u, v)), atol=1e-4, rtol=1e-5)


def test_errors_are_averaged_as_lengths_not_as_squares() -> None:
    field = torch.zeros(1, 2, 1, 2)
    field[0, :, 0, 0] = torch.tensor([3.0, 4.0])
    assert EndPointError()(field, torch.zeros_like(field)).item() == pytest.approx(2.5)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> DegradedSet:
    cache = tmp_path_factory.mktemp("cache")
    return degraded_set(portraits(cache, size=32), "test", SWIRL, cache)


def scored(model: Model, pairs: DegradedSet, task: Task) -> dict[str, list[float]]:
    module = model.build(task)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchbench.evaluation.restore.BATCH", 2)
        restored = restore(model, module, pairs, task, CPU)
    found = score(restored, pairs, [EndPointError()], task, CPU)
    return {name: list(column) for name, column in found.table.items()} | {"why": list(found.unavailable.values())}


def test_the_true_field_scores_zero_and_none_at_all_the_mean_displacement(pairs: DegradedSet) -> None:
    task = Task(32, SWIRL)
    length = SWIRL.flow(pairs.truth, 32, 32).norm(dim=1)
    assert pairs.region is not None
    inside = pairs.region[:, 0]
    idle, ideal = scored(Identity(), pairs, task), scored(Oracle(), pairs, task)
    assert ideal["epe"] == [0.0] * len(pairs)
    assert idle["epe"] == pytest.approx(length.mean((1, 2)).tolist(), rel=1e-5)
    assert idle["epe@region"] == pytest.approx(((length * inside).sum((1, 2)) / inside.sum((1, 2))).tolist(), rel=1e-5)
    assert min(idle["epe"]) > 1


def test_a_field_of_nothing_but_zeros_scores_as_the_identity_does(pairs: DegradedSet) -> None:
    task = Task(32, SWIRL)
    untrained = scored(SwirlUNet(), pairs, task)  # its last layer is zero at first
    assert untrained["epe"] == pytest.approx(scored(Identity(), pairs, task)["epe"], rel=1e-6)


@dataclass(frozen=True)
class Askew(SwirlUNet):
    """Claims a field that is none."""

    name = "askew"
    channels: int = 2

    def flow(self, module: nn.Module, degraded: Tensor, region: Tensor | None = None) -> Tensor:  # type: ignore[override]
        return degraded[:, : self.channels] / 0


@pytest.mark.parametrize("channels", [2, 3])
def test_a_field_of_wrong_shape_or_without_numbers_fails_the_trial(channels: int, pairs: DegradedSet) -> None:
    model, task = Askew(channels=channels), Task(32, SWIRL)
    with pytest.raises(TrialError, match=r"must be \(\d+, 2, 32, 32\)"):
        restore(model, model.build(task), pairs, task, CPU)


@pytest.mark.parametrize(("model", "degradation", "reason"), [
    (UNet(), SWIRL, "only of models that estimate a displacement field"),
    (SwirlUNet(mask=False), GaussianBlur(), "gaussian-blur has no displacement field"),
    (Identity(), Swirl(region="face"), "swirl has no displacement field"),
])  # fmt: skip
def test_without_a_field_it_says_why(model: Model, degradation: Swirl, reason: str, tmp_path: Path) -> None:
    pairs = degraded_set(portraits(tmp_path, size=32), "test", degradation, tmp_path)
    assert scored(model, pairs, Task(32, degradation)) == {"why": [reason]}
