"""Trainings of one model are equal, whatever groups they are put into; two architectures are not. On real trainings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

from benchbench.boards.comparisons import Comparison, compare
from benchbench.boards.estimates import Array, estimate
from benchbench.cli import main
from benchbench.results import store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

RUN = ["run", "--dataset", "faces:n=400", "--size", "16", "--degrade", "pixelate", "--metric", "psnr", "--device", "cpu",
       "--budget", "0.05TFLOP", "--quiet"]  # fmt: skip
SEEDS, GROUP = 24, 3
SCATTER = 0.016  # of the share on boards of two, between sets of 24 trainings whose tests are right; simulated


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of one model trained 24 times, and of another three times."""
    out = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCHBENCH_CACHE", str(out / "cache"))
        for model, seeds in (("autoencoder", SEEDS), ("unet", GROUP)):
            call = [*RUN, "--model", model, "--seeds", str(seeds), "--out", str(out / "runs")]
            assert CliRunner().invoke(main, call).exit_code == 0
    return out / "runs"


def trainings(runs: Path, model: str) -> Array:
    """PSNR `(seeds, images)`."""
    found = [r for _, r in store.find(runs) if isinstance(r, store.Result) and r.record.trial.model == model]
    return np.stack([result.scores["psnr"].to_numpy(float) for result in found])


def board(groups: Array) -> Comparison:
    """Compare groups of trainings `(groups, seeds, images)` as if each were a model."""
    count, seeds, images = groups.shape
    flat = groups.reshape(count * seeds, images, 1)
    return compare(estimate(flat, np.repeat(np.arange(count), seeds), np.ones(count, bool), np.arange(images)))


@pytest.mark.parametrize(("models", "most"), [(2, 0.05 + 2 * SCATTER), (SEEDS // GROUP, 0.05)])
def test_groups_of_trainings_of_one_model_differ_in_at_most_one_pair_in_twenty(
    runs: Path, models: int, most: float, record_property: pytest.RecordProperty
) -> None:
    """Disjoint groups of three, drawn 1000 times, as boards of two models and of eight."""
    scores, source = trainings(runs, "autoencoder"), np.random.default_rng(0)
    assert scores.std(0).mean() > 0.01  # trainings differ
    alarms, pairs, images_alone = 0, 0, 0
    for _ in range(1000):
        some = scores[source.permutation(SEEDS)[: models * GROUP]].reshape(models, GROUP, -1)
        upper = np.triu_indices(models, 1)
        alarms += np.count_nonzero(board(some).p[upper] <= 0.05)
        pairs += len(upper[0])
        single = compare(
            estimate(some[:, 0, :, None], np.arange(models), np.zeros(models, bool), np.arange(len(some[0, 0])))
        )
        images_alone += np.count_nonzero(single.p[upper] <= 0.05)
    interval = stats.binomtest(alarms, pairs).proportion_ci(method="wilson")
    record_property("differ", f"{alarms} of {pairs} pairs, {100 * interval.low:.1f} to {100 * interval.high:.1f} %")

    assert alarms <= most * pairs
    assert images_alone > 5 * alarms


def test_two_architectures_differ(runs: Path) -> None:
    scores = trainings(runs, "autoencoder")
    found = board(np.stack([trainings(runs, "unet"), scores[:GROUP]]))
    assert found.p[0, 1] <= 0.05
