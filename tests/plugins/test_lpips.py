"""LPIPS from weights on disk against piq's own, and its answer where they are missing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import piq
import pytest
import torch
from pictures import images
from torchvision.models.vgg import cfgs, make_layers

from benchbench import Task
from benchbench_plugins.degradations.none import Nothing
from benchbench_plugins.metrics.lpips import LPIPS


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files laid out like the published ones, filled at random."""
    folder = tmp_path_factory.mktemp("weights")
    source = torch.Generator().manual_seed(1)
    states = make_layers(cfgs["D"]).state_dict()
    states = {key: 0.1 * torch.randn(value.shape, generator=source) for key, value in states.items()}
    torch.save({f"features.{key}": value for key, value in states.items()}, folder / "vgg16-397923af.pth")
    torch.save(
        [torch.rand(1, c, 1, 1, generator=source) for c in (64, 128, 256, 512, 512)], folder / "lpips_weights.pt"
    )
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


@pytest.mark.parametrize("shape", [(2, 3, 32, 32), (1, 3, 33, 41), (1, 3, 32, 48)])
def test_it_equals_piq(shape: tuple[int, int, int, int], weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(weights))
    restored, clean = images(*shape, seed=1)
    scores = LPIPS()(restored, clean)
    features = make_layers(cfgs["D"])
    states = torch.load(weights / "vgg16-397923af.pth", weights_only=True)
    features.load_state_dict({key.removeprefix("features."): value for key, value in states.items()})
    stored = torch.load(weights / "lpips_weights.pt", weights_only=True)
    monkeypatch.setattr("piq.perceptual.vgg16", lambda **_: SimpleNamespace(features=features))
    monkeypatch.setattr("torch.hub.load_state_dict_from_url", lambda *_, **__: stored)
    torch.testing.assert_close(scores, piq.LPIPS(reduction="none")(restored, clean), atol=1e-6, rtol=1e-4)


def test_the_smallest_images_have_a_score(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(weights))
    restored, clean = images(2, 3, 16, 16, seed=1)
    assert (LPIPS()(restored, clean) > LPIPS()(clean, clean) + 1e-3).all()


def test_grey_images_count_as_equal_channels(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(weights))
    restored, clean = images(2, 1, 32, 32, seed=1)
    colour = LPIPS()(restored.repeat(1, 3, 1, 1), clean.repeat(1, 3, 1, 1))
    torch.testing.assert_close(LPIPS()(restored, clean), colour)


def test_building_it_draws_no_global_random_numbers(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(weights))
    restored, clean = images(1, 3, 16, 16, seed=1)
    before = torch.get_rng_state()
    LPIPS()(restored, clean)
    assert torch.equal(torch.get_rng_state(), before)


def test_without_weights_it_says_which_file_is_wanted_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = Task(size=64, degradation=Nothing())
    reason = LPIPS().unavailable(task)
    assert reason is not None
    assert "\n" not in reason
    for word in ("vgg16-397923af.pth", "lpips_weights.pt", str(tmp_path / "hub" / "checkpoints"), "BENCHBENCH_WEIGHTS"):
        assert word in reason
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(tmp_path / "mine"))
    assert str(tmp_path / "mine") in str(LPIPS().unavailable(task))


def test_weights_in_the_hub_s_folder_are_found(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "checkpoints").symlink_to(weights)
    assert LPIPS().unavailable(Task(size=64, degradation=Nothing())) is None
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(tmp_path / "without them"))
    assert LPIPS().unavailable(Task(size=64, degradation=Nothing())) is None


def test_images_below_16_px_are_too_small(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(weights))
    assert "16 px" in str(LPIPS().unavailable(Task(size=15, degradation=Nothing())))


def test_scoring_without_weights_is_an_error_that_names_them() -> None:
    restored, clean = images(1, 3, 16, 16, seed=1)
    with pytest.raises(FileNotFoundError, match=r"needs \S+\.pth? in "):
        LPIPS()(restored, clean)
