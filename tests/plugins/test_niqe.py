"""NIQE: its statistics are those of planted distributions and of piq; it is worse for what is degraded."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from piq.brisque import _aggd_parameters
from scipy.stats import gennorm, spearmanr
from torch import Tensor

from benchbench import Degradation
from benchbench.contracts.applying import apply_degradation, to_8bit
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.datasets.faces import Faces
from benchbench_plugins.degradations.gaussian_blur import GaussianBlur
from benchbench_plugins.degradations.gaussian_noise import GaussianNoise
from benchbench_plugins.degradations.jpeg import Jpeg
from benchbench_plugins.metrics.niqe import NIQE, _asymmetric, _normalised, features_of

SIZE, HELD_OUT = 96, 8


@pytest.fixture(scope="module")
def portraits() -> Tensor:
    return Faces(n=60).load(SIZE).pixels.float() / 255


@pytest.fixture(scope="module")
def niqe(portraits: Tensor) -> NIQE:
    return NIQE().knowing(NIQE().fit(portraits[HELD_OUT:].split(16)))


@pytest.mark.parametrize(("shape", "left", "right"), [(0.8, 1.0, 1.0), (2.0, 0.5, 2.0), (4.0, 3.0, 1.0)])
def test_it_recovers_planted_asymmetric_distributions(shape: float, left: float, right: float) -> None:
    draws = np.abs(gennorm.rvs(shape, size=(2, 1, 400, 400), random_state=0))
    side = np.random.default_rng(1).random(draws.shape) < left / (left + right)
    values = torch.from_numpy(np.where(side, -left * draws, right * draws))
    for found, planted in zip(_asymmetric(values), (shape, left, right), strict=True):
        torch.testing.assert_close(found, torch.full((2, 1), planted, dtype=torch.float64), rtol=0.03, atol=0)


def test_its_distributions_are_those_of_piq(portraits: Tensor) -> None:
    normalised = _normalised(255 * portraits[:4, :1].double())[0]
    products = normalised * normalised.roll(1, -1)
    shape, left, right = _asymmetric(products)
    theirs, left_deviation, right_deviation = _aggd_parameters(products)
    width = torch.exp((torch.lgamma(1 / theirs) - torch.lgamma(3 / theirs)) / 2)
    ours = torch.stack([shape, left, right]).squeeze(-1)
    torch.testing.assert_close(ours, torch.stack([theirs, left_deviation * width, right_deviation * width]).view(3, -1))


@pytest.mark.parametrize("levels", [
    [GaussianNoise(sigma=sigma) for sigma in (0.01, 0.05, 0.1, 0.2, 0.4)],
    [GaussianBlur(severity=severity) for severity in range(1, 6)],
    [Jpeg(severity=severity) for severity in range(1, 6)],
], ids=["noise", "blur", "jpeg"])  # fmt: skip
def test_a_stronger_degradation_scores_worse(niqe: NIQE, portraits: Tensor, levels: list[Degradation]) -> None:
    clean = portraits[:HELD_OUT]
    draw = SeededDraw(0, "test", [str(n) for n in range(len(clean))])
    scores = [float(niqe(to_8bit(apply_degradation(one, clean, draw).images), clean).mean()) for one in levels]
    assert spearmanr(range(5), scores).statistic >= 0.9, scores
    assert scores[-1] > float(niqe(clean, clean).mean())


def test_the_clean_image_is_not_looked_at(niqe: NIQE, portraits: Tensor) -> None:
    torch.testing.assert_close(niqe(portraits[:2], torch.zeros(2, 3, SIZE, SIZE)), niqe(portraits[:2], portraits[:2]))


def test_what_the_training_images_show_is_nearer_than_what_others_do(niqe: NIQE, portraits: Tensor) -> None:
    other = torch.rand(4, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    assert float(niqe(portraits[:HELD_OUT], other).max()) < float(niqe(other, other).min())


def test_there_are_nine_patches_of_the_smallest_image_and_36_finite_features_of_each() -> None:
    for flat in (torch.zeros(2, 3, SIZE, SIZE), torch.ones(2, 1, SIZE + 5, SIZE)):
        features, sharpness = features_of(flat)
        assert features.shape == (2, 9, 36)
        assert sharpness.shape == (2, 9)
        assert features.isfinite().all()


def test_it_cannot_score_before_it_is_fitted(portraits: Tensor) -> None:
    with pytest.raises(LookupError, match="not fitted"):
        NIQE()(portraits[:1], portraits[:1])
