"""Scores of single images, whatever the batch; what has none says why."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import torch
from restoring import CPU, TASK, Doing, restored_by
from torch import Tensor, nn
from toys import Identity, MeanError, Peak

from benchbench import Metric, Task
from benchbench.data.degraded import DegradedSet
from benchbench.evaluation.restore import Restored, restore
from benchbench.evaluation.score import means, score
from benchbench.evaluation.timing import count_macs, time_and_memory


def test_no_batch_size_changes_a_score(pairs: DegradedSet, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 3, 3, padding=1))
    tables = []
    for batch in (1, 7, 64):
        monkeypatch.setattr("benchbench.evaluation.restore.BATCH", batch)
        monkeypatch.setattr("benchbench.evaluation.score.CPU_PIXELS", batch * 16 * 16)
        restored = restore(Doing(), module, pairs, TASK, CPU)
        tables.append(score(restored, pairs, [Peak(), MeanError()], TASK, CPU).table)
    assert len(tables[0]) == len(pairs) > 40
    for other in tables[1:]:
        pd.testing.assert_frame_equal(tables[0], other, rtol=0, atol=1e-5)


def test_scores_are_given_whole_and_inside_region_and_face(pairs: DegradedSet) -> None:
    restored = restored_by(lambda x: x, pairs)
    table = score(restored, pairs, [MeanError()], TASK, CPU).table
    assert list(table) == ["mean-error", "mean-error@face"]  # this degradation acts everywhere: no region
    assert pairs.face is not None
    difference = np.abs(restored.images.numpy() - pairs.clean.numpy() / np.float32(255))
    inside = np.broadcast_to(pairs.face.numpy(), difference.shape)
    expected = [d[m].mean() for d, m in zip(difference, inside, strict=True)]
    np.testing.assert_allclose(table["mean-error@face"], expected, rtol=1e-5)
    assert list(table.index) == pairs.ids


@dataclass(frozen=True)
class Raising(Metric):
    """Raises."""

    name = "raising"
    higher_is_better = True

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        raise RuntimeError("no licence")


@dataclass(frozen=True)
class Reduced(Metric):
    """Gives one number for all."""

    name = "reduced"
    higher_is_better = True

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return restored.mean()


@dataclass(frozen=True)
class Weightless(Metric):
    """Needs a file."""

    name = "weightless"
    higher_is_better = True

    def unavailable(self, task: Task) -> str | None:
        return "needs some.pth"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        raise AssertionError("an unavailable metric was called")


def test_a_metric_that_cannot_be_had_says_why_and_the_others_stand(pairs: DegradedSet) -> None:
    scores = score(restored_by(lambda x: x, pairs), pairs, [Raising(), Reduced(), Weightless(), Peak()], TASK, CPU)
    assert list(scores.table) == ["peak", "peak@face"]
    assert scores.unavailable["raising"] == "failed: RuntimeError: no licence"
    assert "gave scores of shape ()" in scores.unavailable["reduced"]
    assert scores.unavailable["weightless"] == "needs some.pth"


@dataclass(frozen=True)
class InsideOnly(MeanError):
    """An error that whole images have not."""

    name = "inside-only"
    whole = False


def test_a_metric_of_regions_has_no_score_of_whole_images_and_says_why_it_has_none_at_all(pairs: DegradedSet) -> None:
    found = score(Restored(pairs.clean / 255), pairs, [InsideOnly(), MeanError()], TASK, CPU)
    regions = [c.removeprefix("mean-error") for c in found.table if c.startswith("mean-error")]
    assert len(regions) > 1
    assert [c for c in found.table if c.startswith("inside-only")] == [f"inside-only{r}" for r in regions if r]
    bare = dataclasses.replace(pairs, region=None, face=None)
    found = score(Restored(pairs.clean / 255), bare, [InsideOnly()], TASK, CPU)
    assert found.table.empty
    assert "needs face masks" in found.unavailable["inside-only"]


@dataclass(frozen=True)
class Unbounded(Peak):
    """Infinite for identical images."""

    name = "unbounded"

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return 1 / (restored - clean).abs().flatten(1).mean(1)


def test_a_score_that_is_infinite_is_none(pairs: DegradedSet) -> None:
    found = score(Restored(pairs.clean.float() / 255), pairs, [Unbounded(), Peak()], TASK, CPU)
    assert found.unavailable == {"unbounded": f"failed: TrialError: gave no finite number for {pairs.ids[0]}"}
    assert means(found.table)["peak"] == {"mean": pytest.approx(100), "std": 0.0, "n": len(pairs)}


def test_means_leave_out_images_without_the_region() -> None:
    assert means(pd.DataFrame({"a": [1.0, math.nan, 3.0], "b": [math.nan] * 3})) == {
        "a": {"mean": 2.0, "std": pytest.approx(math.sqrt(2)), "n": 2}
    }


@pytest.mark.parametrize(("pixels", "at_once"), [(3 * 16 * 16, 3), (1, 1)])
def test_metrics_get_a_few_images_at_a_time(
    pixels: int, at_once: int, pairs: DegradedSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr("benchbench.evaluation.score.CPU_PIXELS", pixels)
    monkeypatch.setattr(Peak, "__call__", lambda _, restored, *rest: seen.append(len(restored)) or restored[:, 0, 0, 0])
    score(Restored(pairs.clean.float() / 255), pairs, [Peak()], TASK, CPU)
    assert max(seen) == at_once


def test_scores_are_those_of_the_images_one_by_one(pairs: DegradedSet, monkeypatch: pytest.MonkeyPatch) -> None:
    restored, metrics = Restored(pairs.degraded.float() / 255), [Peak(), MeanError()]
    found = []
    for pixels in (1, 5 * 16 * 16, 10**9):
        monkeypatch.setattr("benchbench.evaluation.score.CPU_PIXELS", pixels)
        found.append(score(restored, pairs, metrics, TASK, CPU).table)
    for table in found[1:]:
        pd.testing.assert_frame_equal(table, found[0], rtol=1e-6)


def test_inference_is_timed_for_one_image_and_for_a_batch(pairs: DegradedSet) -> None:
    times, _ = time_and_memory(Identity(), nn.Identity(), pairs, CPU)
    assert set(times) == {"batch_1", "batch_32"}
    assert all(t > 0 for t in times.values())


def test_arithmetic_is_counted_per_image_where_there_is_any_to_count(pairs: DegradedSet) -> None:
    convolution = nn.Conv2d(3, 3, 5, padding=2)
    assert count_macs(Identity(), convolution, pairs, CPU) == 16 * 16 * 3 * 3 * 5 * 5
    assert count_macs(Identity(), nn.Identity(), pairs, CPU) is None


def test_no_score_is_minus_nought(pairs: DegradedSet) -> None:
    @dataclass(frozen=True)
    class Bias(Metric):
        name = "bias"
        higher_is_better = False

        def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
            return torch.full((len(clean),), -0.0)

    table = score(restored_by(lambda x: x, pairs), pairs, [Bias()], TASK, CPU).table
    assert not np.signbit(table["bias"]).any()


def test_a_metric_that_raises_anything_loses_only_its_own_scores(pairs: DegradedSet) -> None:
    class Panic(BaseException):
        pass

    @dataclass(frozen=True)
    class Panics(Metric):
        name = "panics"
        higher_is_better = False

        def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
            raise Panic("in Rust")

    found = score(restored_by(lambda x: x, pairs), pairs, [Panics(), MeanError()], TASK, CPU)
    assert found.unavailable["panics"] == "failed: Panic: in Rust"
    assert "mean-error" in found.table
