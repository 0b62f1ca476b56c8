"""fid and kid by made weights: held against piq, and their answer where the weights are missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import piq
import pytest
import torch
from pictures import images
from torch import Tensor
from torchvision.models import Inception3

from benchbench import Task
from benchbench_plugins.degradations.none import Nothing
from benchbench_plugins.metrics._inception import INCEPTION, features
from benchbench_plugins.metrics.fid import FID
from benchbench_plugins.metrics.kid import KID

TASK = Task(64, Nothing())


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file laid out like the published one, filled at random so that no layer's values vanish."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        state = Inception3(num_classes=1008, aux_logits=False, init_weights=False).state_dict()
    for name, value in state.items():
        if value.ndim == 4:
            value *= 6**0.5  # from torch's default to He's
        if name.endswith("running_mean"):
            value += 0.01
    torch.save(state, tmp_path / INCEPTION.name)
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(tmp_path))
    return tmp_path / INCEPTION.name


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # piq builds it as torchvision did
def test_the_features_are_those_of_piq(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from piq.feature_extractors import fid_inception

    state = torch.load(weights, weights_only=True)
    monkeypatch.setattr(fid_inception, "load_state_dict_from_url", lambda *_, **__: state)
    pictures = images(3, 3, 64, 80, seed=1)[0]
    with torch.no_grad():
        expected: Tensor = fid_inception.InceptionV3().eval()(pictures)[0].flatten(1)
    assert expected.std() > 0.01
    torch.testing.assert_close(features(pictures), expected, rtol=1e-4, atol=1e-5)
    grey = pictures[:, :1]
    torch.testing.assert_close(features(grey), features(grey.expand(-1, 3, -1, -1)))


def test_the_distances_are_those_of_piq() -> None:
    source = torch.Generator().manual_seed(0)
    ours, theirs = torch.rand(300, 64, generator=source), torch.rand(300, 64, generator=source) ** 2
    assert FID().distance(ours, theirs) == pytest.approx(float(piq.FID().compute_metric(ours, theirs)), rel=1e-3)
    expected = 1000 * float(piq.KID().compute_metric(ours.double(), theirs.double()))
    assert KID().distance(ours, theirs) == pytest.approx(expected, rel=1e-3)


def test_kid_is_not_biased() -> None:
    """Two sets of one distribution score 0 in the mean, however few the images."""
    source = torch.Generator().manual_seed(0)
    found = [KID().distance(*torch.randn(2, 10, 16, generator=source)) for _ in range(400)]
    assert abs(np.mean(found)) < 3 * np.std(found) / 20


@pytest.mark.parametrize("metric", [FID(), KID()], ids=str)
def test_without_weights_it_says_which_are_wanted(metric: FID | KID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", "nowhere")
    monkeypatch.setattr("torch.hub.get_dir", lambda: "nowhere")
    assert f"--download {INCEPTION.name}" in str(metric.unavailable(TASK))
