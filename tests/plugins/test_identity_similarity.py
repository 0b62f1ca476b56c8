"""Identity similarity by a toy embedder, from the hook to the board, and its answer where there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import embedding
import pytest
import torch
import toys
from jobs import go
from pictures import images
from sitters import astronaut
from torch.nn import functional as F
from torchvision.transforms.functional import gaussian_blur

from benchbench import Task, missing_faces
from benchbench.contracts.digests import component_digest
from benchbench.data.degraded import DegradedSet
from benchbench.evaluation.restore import Restored
from benchbench.evaluation.score import means, score
from benchbench.registry.registry import Registry
from benchbench.results import store
from benchbench_plugins.degradations.none import Nothing
from benchbench_plugins.metrics.identity_similarity import IdentitySimilarity

METRIC = "benchbench_plugins.metrics.identity_similarity"
TASK = Task(32, Nothing())


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Registry]:
    """A function that makes toys and other modules the installed plugins."""

    def install(*modules: str) -> Registry:
        registry = toys.registry(METRIC, *modules)
        monkeypatch.setattr("benchbench.registry.registry.registry", lambda *_: registry)
        return registry

    return install


def test_it_is_the_cosine_of_the_embeddings(installed: Callable[..., Registry]) -> None:
    installed("embedding")
    restored, clean = images(3, 3, 32, 32, seed=1, noise=0.5)
    ours, theirs = (embedding.quarters(x).double().numpy() for x in (restored, clean))
    expected = (ours * theirs).sum(1) / ((ours**2).sum(1) * (theirs**2).sum(1)) ** 0.5
    scores = IdentitySimilarity()(restored, clean)
    torch.testing.assert_close(scores.double(), torch.from_numpy(expected), atol=1e-6, rtol=0)
    torch.testing.assert_close(IdentitySimilarity()(clean, clean), torch.ones(3))


def test_grey_images_count_as_equal_channels(installed: Callable[..., Registry]) -> None:
    installed("embedding")
    restored, clean = images(2, 1, 32, 32, seed=1)
    colour = IdentitySimilarity()(restored.repeat(1, 3, 1, 1), clean.repeat(1, 3, 1, 1))
    torch.testing.assert_close(IdentitySimilarity()(restored, clean), colour)


def test_without_an_embedder_it_says_how_to_supply_one(
    installed: Callable[..., Registry], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed()
    monkeypatch.setattr("benchbench.data.landmarks.dlib_models", lambda: None)
    reason = IdentitySimilarity().unavailable(TASK)
    assert reason is not None
    assert "benchbench_face_embedder" in reason
    assert "pip install 'benchbench-portraits[faces]'" in reason
    assert "\n" not in reason


@pytest.mark.skipif(missing_faces() is not None, reason=str(missing_faces()))
def test_dlib_compares_a_blurred_face_and_leaves_out_an_image_without_one(installed: Callable[..., Registry]) -> None:
    installed()
    face = F.interpolate(astronaut()[..., :256, 100:356], (64, 64), mode="bicubic", antialias=True).clamp(0, 1)
    blurs = [face, *(gaussian_blur(face, 4 * width + 1, width / 2) for width in (2, 4, 8))]
    restored, clean = torch.cat([*blurs, torch.zeros_like(face)]), torch.cat([face] * 4 + [torch.zeros_like(face)])
    scores = IdentitySimilarity()(restored, clean)
    assert scores[:4].tolist() == sorted(scores[:4].tolist(), reverse=True)
    assert scores[0].item() == pytest.approx(1)
    assert scores.isnan().tolist() == [False] * 4 + [True]
    pair = DegradedSet([*"abcde"], clean.mul(255).byte(), restored.mul(255).byte(), None, None, {})
    found = score(Restored(restored), pair, [IdentitySimilarity()], TASK, torch.device("cpu"))
    assert found.unavailable == {}
    assert means(found.table)["identity-similarity"]["n"] == 4


def test_another_embedder_is_another_metric(
    installed: Callable[..., Registry], write_module: Callable[[str, str], Path]
) -> None:
    source = Path(embedding.__file__).read_text()
    write_module("other_embedder", source.replace("faces, 2)", "faces, 4)"))
    digests = []
    for modules in ((), ("embedding",), ("other_embedder",)):
        installed(*modules)
        digests.append(component_digest(IdentitySimilarity()))
    assert len(set(digests)) == 3


def test_a_run_scores_by_it_in_other_processes(tmp_path: Path, installed: Callable[..., Registry]) -> None:
    registry = installed("embedding")
    go(tmp_path, registry=registry, model=["identity"], metric=["identity-similarity"])
    [(_, result)] = store.find(tmp_path)
    assert isinstance(result, store.Result)
    assert 0.9 < result.record.scores["identity-similarity"].mean <= 1  # darkening keeps most of the direction
