"""The metrics of sets: held against references, and against planted damage of rising strength."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import scipy.ndimage
import scipy.stats
import torch
import toys
from crowds import MeanGrey
from torch import Tensor

from benchbench import Degradation, Task
from benchbench.contracts.applying import apply_degradation, to_8bit
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.datasets.faces import Faces
from benchbench_plugins.degradations.gaussian_blur import GaussianBlur
from benchbench_plugins.degradations.gaussian_noise import GaussianNoise
from benchbench_plugins.metrics import patch_swd
from benchbench_plugins.metrics._frechet import frechet_distance
from benchbench_plugins.metrics.face_fd import FaceFD
from benchbench_plugins.metrics.patch_swd import PatchSWD

STRENGTHS: dict[str, list[Degradation]] = {
    "noise": [GaussianNoise(sigma=sigma) for sigma in (0.01, 0.03, 0.1, 0.2, 0.4)],
    "blur": [GaussianBlur(severity=severity) for severity in range(1, 6)],
}


@pytest.fixture(scope="module")
def clean() -> Tensor:
    return Faces(n=12).load(48).pixels.float() / 255


def degraded(degradation: Degradation, clean: Tensor) -> Tensor:
    draw = SeededDraw(0, "test", [str(n) for n in range(len(clean))])
    return to_8bit(apply_degradation(degradation, clean, draw).images)


def test_patch_swd_is_that_of_the_paper(clean: Tensor) -> None:
    """The pyramid by SciPy's convolution, and the distance of each projection by its Wasserstein distance."""
    restored, levels = degraded(STRENGTHS["noise"][2], clean), []
    for number, pair in enumerate(zip(pyramid(restored), pyramid(clean), strict=True)):
        clouds = [normalised(patch_swd._patches(torch.from_numpy(level), number)) for level in pair]
        ours, theirs = (cloud @ patch_swd._directions(number, cloud.shape[1]).numpy() for cloud in clouds)
        levels.append(np.mean([scipy.stats.wasserstein_distance(*each) for each in zip(ours.T, theirs.T, strict=True)]))
    assert float(PatchSWD()(restored, clean)) == pytest.approx(1000 * np.mean(levels), rel=1e-4)


def pyramid(images: Tensor) -> list[np.ndarray]:
    taps = np.array([1, 4, 6, 4, 1]) / 16
    kernel, found, left = (taps[:, None] * taps)[None, None], [], images.double().numpy()
    while left.shape[2] >= 31:
        smaller = scipy.ndimage.convolve(left, kernel, mode="mirror")[:, :, ::2, ::2]
        spread = np.zeros_like(left)
        spread[:, :, ::2, ::2] = smaller
        found.append(left - scipy.ndimage.convolve(spread, 4 * kernel, mode="mirror"))
        left = smaller
    return [*found, left]


def normalised(found: Tensor) -> np.ndarray:
    patches: np.ndarray = found.flatten(0, 1).double().numpy()
    centred = patches - patches.mean((0, 2), keepdims=True)
    scaled: np.ndarray = centred / centred.std((0, 2), keepdims=True)
    return scaled.reshape(len(patches), -1)


def test_equal_sets_score_zero_whatever_their_order(clean: Tensor) -> None:
    assert PatchSWD()(clean, clean) == 0
    assert float(PatchSWD()(clean.flip(0), clean)) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("kind", STRENGTHS)
def test_patch_swd_rises_with_the_strength_of_what_is_planted(kind: str, clean: Tensor) -> None:
    scores = [float(PatchSWD()(degraded(d, clean), clean)) for d in STRENGTHS[kind]]
    assert scipy.stats.spearmanr(range(5), scores).statistic >= 0.9, scores


@pytest.mark.parametrize("n", [8, 200])  # fewer and more than the numbers that describe one
def test_the_frechet_distance_is_that_of_the_formula(n: int) -> None:
    """By the square root of a matrix, as Heusel et al. 2017 have it."""
    source = np.random.default_rng(0)
    ours, theirs = source.normal(size=(n, 30)), source.normal(0.5, 2, size=(n, 30)) @ source.normal(size=(30, 30))
    one, other = np.cov(ours.T), np.cov(theirs.T)
    ridge = 1e-9 * np.eye(30)  # a singular matrix has no square root that can be computed
    root = scipy.linalg.sqrtm((one + ridge) @ (other + ridge)).real
    expected = np.square(ours.mean(0) - theirs.mean(0)).sum() + np.trace(one + other - 2 * root)
    assert frechet_distance(*map(torch.from_numpy, (ours, theirs))) == pytest.approx(expected, rel=1e-4)


def test_the_distance_of_faces_is_that_of_their_embeddings(clean: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchbench.registry.registry.registry", lambda *_: toys.registry("embedding"))
    worse = [float(FaceFD()(degraded(d, clean), clean)) for d in STRENGTHS["noise"][1::2]]
    assert 0 <= float(FaceFD()(clean, clean)) < 1e-6 < worse[0] < worse[1]


def test_without_an_embedder_it_says_how_to_supply_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchbench.registry.registry.registry", lambda *_: toys.registry())
    monkeypatch.setattr("benchbench_plugins.metrics._embedder.missing_faces", lambda: "needs dlib")
    assert "benchbench_face_embedder" in str(FaceFD().unavailable(Task(32, toys.Darken())))


def test_a_metric_of_sets_refuses_a_region(clean: Tensor) -> None:
    with pytest.raises(ValueError, match="mean-grey"):
        MeanGrey()(clean, clean, torch.ones_like(clean[:, :1], dtype=torch.bool))
