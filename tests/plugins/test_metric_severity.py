"""Metrics fall with the strength of noise and of blur, portrait by portrait."""

from __future__ import annotations

import pytest
import torch
from scipy.stats import spearmanr

from benchbench import Degradation, Metric
from benchbench.contracts.applying import apply_degradation, to_8bit
from benchbench.contracts.seeding import SeededDraw
from benchbench_plugins.datasets.faces import Faces
from benchbench_plugins.degradations.gaussian_blur import GaussianBlur
from benchbench_plugins.degradations.gaussian_noise import GaussianNoise
from benchbench_plugins.metrics import fsim, mdsi, psnr_y, ssim_y, vsi

METRICS: list[Metric] = [psnr_y.PSNRY(), ssim_y.SSIMY(), fsim.FSIM(), mdsi.MDSI(), vsi.VSI()]
STRENGTHS = {
    "noise": [GaussianNoise(sigma=sigma) for sigma in (0.01, 0.03, 0.1, 0.2, 0.4)],
    "blur": [GaussianBlur(severity=severity) for severity in range(1, 6)],
}


@pytest.fixture(scope="module")
def clean() -> torch.Tensor:
    return Faces(n=3).load(48).pixels.float() / 255


@pytest.mark.parametrize("kind", STRENGTHS)
@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_a_stronger_degradation_scores_worse(metric: Metric, kind: str, clean: torch.Tensor) -> None:
    def score(degradation: Degradation) -> torch.Tensor:
        draw = SeededDraw(0, "test", [str(n) for n in range(len(clean))])
        return metric(to_8bit(apply_degradation(degradation, clean, draw).images), clean)

    scores = torch.stack([score(degradation) for degradation in STRENGTHS[kind]], dim=1)
    worse = -1 if metric.higher_is_better else 1
    assert all(worse * spearmanr(range(len(row)), row).statistic >= 0.9 for row in scores), scores
