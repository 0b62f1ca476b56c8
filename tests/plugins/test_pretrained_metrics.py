"""The metrics that need pretrained weights: held against a reference, and their answer where the weights are missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import piq
import pytest
import torch
from pictures import images
from torch import Tensor
from torchvision.models.vgg import cfgs, make_layers

from benchbench import Metric, Task
from benchbench_plugins.degradations.none import Nothing
from benchbench_plugins.metrics.dists import DISTS
from benchbench_plugins.metrics.lpips import LPIPS
from benchbench_plugins.metrics.unswirl_loss import UnswirlLoss

VGG16 = "vgg16-397923af.pth"
FILES = {"lpips": [VGG16, "lpips_weights.pt"], "dists": [VGG16, "dists_weights.pt"], "unswirl-loss": [VGG16]}
METRICS = [LPIPS(), DISTS(), UnswirlLoss()]
LEAST = {"lpips": 16, "dists": 16, "unswirl-loss": 11}

each = pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files laid out like the published ones, filled at random."""
    folder = tmp_path_factory.mktemp("weights")
    source = torch.Generator().manual_seed(1)
    states = make_layers(cfgs["D"]).state_dict()
    states = {key: 0.1 * torch.randn(value.shape, generator=source) for key, value in states.items()}
    torch.save({f"features.{key}": value for key, value in states.items()}, folder / VGG16)
    parts = torch.rand(2, 1, 1475, 1, 1, generator=source)
    alpha, beta = parts / parts.sum()  # as trained: identical images score zero
    learned: dict[str, Any] = {
        "lpips_weights.pt": [torch.rand(1, c, 1, 1, generator=source) for c in (64, 128, 256, 512, 512)],
        "dists_weights.pt": {"alpha": alpha.clone(), "beta": beta.clone()},
    }
    for name, values in learned.items():
        torch.save(values, folder / name)
    return folder


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty hub folder, and no way out."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it tried to download something")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub._hub_dir", None)
    monkeypatch.delenv("BENCHBENCH_WEIGHTS", raising=False)


@pytest.fixture
def at_hand(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files lie in the named folder."""
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(weights))
    return weights


def vgg16_from(folder: Path) -> torch.nn.Sequential:
    features = make_layers(cfgs["D"])
    states = torch.load(folder / VGG16, weights_only=True)
    features.load_state_dict({key.removeprefix("features."): value for key, value in states.items()})
    return features.eval()


@pytest.mark.parametrize(("metric", "reference"), [(LPIPS(), piq.LPIPS), (DISTS(), piq.DISTS)])
@pytest.mark.parametrize("shape", [(2, 3, 32, 32), (1, 3, 33, 41), (1, 3, 32, 48)])
def test_it_equals_piq(
    metric: Metric,
    reference: Callable[..., Any],
    shape: tuple[int, int, int, int],
    at_hand: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    restored, clean = images(*shape, seed=1)
    scores, features = metric(restored, clean), vgg16_from(at_hand)
    stored = torch.load(at_hand / FILES[metric.name][1], weights_only=True)
    monkeypatch.setattr("piq.perceptual.vgg16", lambda **_: SimpleNamespace(features=features))
    monkeypatch.setattr("torch.hub.load_state_dict_from_url", lambda *_, **__: stored)
    torch.testing.assert_close(scores, reference(reduction="none")(restored, clean), atol=1e-6, rtol=1e-4)


@torch.no_grad()
def feature_distance(features: torch.nn.Sequential, restored: Tensor, clean: Tensor) -> Tensor:
    """By the formula, a layer and an image at a time."""
    mean, std = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    scores = []
    for pair in zip((restored - mean) / std, (clean - mean) / std, strict=True):
        ends = [[features[: end + 1](image[None]) for image in pair] for end in (3, 8, 15)]
        scores.append(sum(torch.nn.functional.mse_loss(a, b) for a, b in ends) / 3)
    return torch.stack([torch.as_tensor(score) for score in scores])


def test_the_unswirl_loss_is_the_weighted_sum_of_its_terms(at_hand: Path) -> None:
    restored, clean = images(2, 3, 32, 40, seed=1)
    similarity = piq.ssim(restored, clean, downsample=False, reduction="none")
    features = feature_distance(vgg16_from(at_hand), restored, clean)
    for ssim, perceptual in ((1.0, 0.1), (0.0, 2.0), (0.5, 0.0)):
        expected = ssim * (1 - similarity) + perceptual * features
        torch.testing.assert_close(UnswirlLoss(ssim, perceptual)(restored, clean), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.usefixtures("at_hand")
def test_inside_a_region_only_its_own_features_count() -> None:
    restored, clean = images(2, 3, 64, 64, seed=1)
    region = torch.zeros(2, 1, 64, 64, dtype=torch.bool)
    region[..., :32] = True
    metric, worse = UnswirlLoss(), restored.clone()
    worse[..., 48:] = 0
    near = metric(restored, clean, region)
    torch.testing.assert_close(metric(worse, clean, region), near, rtol=0.05, atol=0)
    assert (metric(worse, clean) > 1.5 * metric(restored, clean)).all()
    torch.testing.assert_close(metric(restored, clean, torch.ones_like(region)), metric(restored, clean))
    assert metric(restored, clean, torch.zeros_like(region)).isnan().all()


def test_without_its_features_the_unswirl_loss_needs_no_weights() -> None:
    restored, clean = images(2, 3, 32, 32, seed=1)
    alone = UnswirlLoss(perceptual=0)
    assert alone.unavailable(Task(size=64, degradation=Nothing())) is None
    torch.testing.assert_close(
        alone(restored, clean), 1 - piq.ssim(restored, clean, downsample=False, reduction="none")
    )
    assert str(alone) in str(UnswirlLoss().unavailable(Task(size=64, degradation=Nothing())))


@each
@pytest.mark.usefixtures("at_hand")
def test_the_smallest_images_have_a_score(metric: Metric) -> None:
    restored, clean = images(2, 3, LEAST[metric.name], LEAST[metric.name], seed=1)
    assert (metric(restored, clean) > metric(clean, clean) + 1e-3).all()


@each
@pytest.mark.usefixtures("at_hand")
def test_identical_images_score_zero(metric: Metric) -> None:
    clean = images(2, 3, 32, 32, seed=1)[1]
    torch.testing.assert_close(metric(clean.clone(), clean), torch.zeros(2), atol=1e-5, rtol=0)


@each
@pytest.mark.usefixtures("at_hand")
def test_grey_images_count_as_equal_channels(metric: Metric) -> None:
    restored, clean = images(2, 1, 32, 32, seed=1)
    colour = metric(restored.repeat(1, 3, 1, 1), clean.repeat(1, 3, 1, 1))
    torch.testing.assert_close(metric(restored, clean), colour)


@each
@pytest.mark.usefixtures("at_hand")
def test_building_it_draws_no_global_random_numbers(metric: Metric) -> None:
    restored, clean = images(1, 3, 16, 16, seed=1)
    before = torch.get_rng_state()
    metric(restored, clean)
    assert torch.equal(torch.get_rng_state(), before)


@each
def test_without_weights_it_says_which_are_wanted_where_and_how_to_get_them(
    metric: Metric, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Task(size=64, degradation=Nothing())
    reason = metric.unavailable(task)
    assert reason is not None
    assert "\n" not in reason
    assert [each.name for each in metric.weights] == FILES[metric.name]
    for word in (*FILES[metric.name], str(tmp_path / "hub" / "checkpoints"), "BENCHBENCH_WEIGHTS"):
        assert word in reason
    assert f"benchbench weights --download {' '.join(FILES[metric.name])}" in reason
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(tmp_path / "mine"))
    assert str(tmp_path / "mine") in str(metric.unavailable(task))


@each
def test_weights_in_the_hubs_folder_are_found(
    metric: Metric, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "checkpoints").symlink_to(weights)
    assert metric.unavailable(Task(size=64, degradation=Nothing())) is None
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(tmp_path / "without them"))
    assert metric.unavailable(Task(size=64, degradation=Nothing())) is None


@each
@pytest.mark.usefixtures("at_hand")
def test_smaller_images_are_too_small(metric: Metric) -> None:
    least = LEAST[metric.name]
    assert f"{least} px" in str(metric.unavailable(Task(size=least - 1, degradation=Nothing())))


@each
def test_scoring_without_weights_is_an_error_that_names_them(metric: Metric) -> None:
    restored, clean = images(1, 3, 16, 16, seed=1)
    with pytest.raises(FileNotFoundError, match=r"needs \S+\.pth? in "):
        metric(restored, clean)
