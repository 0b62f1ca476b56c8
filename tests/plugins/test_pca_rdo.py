from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm
from torch import Tensor, nn

from benchbench import Batch, Task
from benchbench_plugins.metrics.ssim import SSIM
from benchbench_plugins.models._eigenfaces import Eigenfaces
from benchbench_plugins.models.pca import PCA
from benchbench_plugins.models.pca_rdo import SearchedCodec, SearchedPCA, quantised, similarity

SIDE = 16
TASK = Task(SIDE, None)  # type: ignore[arg-type]


def images(n: int, seed: int = 0) -> Tensor:
    draw = torch.Generator().manual_seed(seed)
    coarse = torch.rand((n, 3, 5, 5), generator=draw)
    contrast = torch.rand((n, 1, 1, 1), generator=draw) ** 2  # images differ in how much they vary
    return 0.5 + contrast * (nn.functional.interpolate(coarse, (SIDE, SIDE), mode="bilinear") - 0.5)


def fitted(model: SearchedPCA) -> SearchedCodec:
    module = model.build(TASK)
    assert isinstance(module, SearchedCodec)
    model.fit(module, [Batch(images(60), images(60))])
    return module.eval()


def plain(step: float) -> Eigenfaces:
    model = PCA(64, step)
    module = model.build(TASK)
    assert isinstance(module, Eigenfaces)
    model.fit(module, [Batch(images(60), images(60))])
    return module.eval()


def test_symbols_cost_least_of_all_whole_numbers() -> None:
    """Against an exhaustive search with SciPy's normal distribution."""
    draw = torch.Generator().manual_seed(0)
    values, scales = 4 * torch.randn(30, 8, generator=draw, dtype=torch.float64), torch.logspace(-1, 1, 8).double()
    costs, found = quantised(values, scales)
    tried = np.arange(-20, 21)[:, None, None]
    chance = norm.cdf((tried + 0.5) / scales.numpy()) - norm.cdf((tried - 0.5) / scales.numpy())
    bits = -np.log2(np.maximum(chance, 2.0**-24))
    every = (values.numpy() - tried) ** 2 + math.log(2) / 6 * bits
    np.testing.assert_allclose(costs, every.min(0).sum(1), rtol=1e-6)
    np.testing.assert_array_equal(found, tried[:, 0, 0][every.argmin(0)])


def test_takes_fewer_bytes_than_pca_for_the_same_error() -> None:
    unseen = images(40, seed=1)
    points = []
    for module in (plain(0.004), fitted(SearchedPCA(64, 0.004)), fitted(SearchedPCA(64, 0.0032))):
        error = float((module(unseen) - unseen).square().mean())  # type: ignore[operator]
        points.append((error, sum(map(len, module.compress(unseen)))))
    (error, size), (_, coarse), (finer, less) = points
    assert coarse < 0.85 * size
    assert finer < error
    assert less < 0.95 * size


@pytest.mark.parametrize("measure", ["mse", "ssim"])
def test_restored_images_have_been_bytes(measure: str) -> None:
    module, unseen = fitted(SearchedPCA(32, 0.003, measure)), images(4, seed=1)  # type: ignore[arg-type]
    data = module.compress(unseen)
    assert torch.equal(module.decompress(data), module(unseen))
    again = SearchedPCA(32, 0.003).build(TASK)
    again.load_state_dict(module.state_dict())
    assert torch.equal(again.decompress(data), module(unseen))  # type: ignore[operator]


def test_similarity_is_the_metric() -> None:
    found, clean = images(3), images(3, seed=1)
    torch.testing.assert_close(similarity(found, clean), SSIM()(found, clean), atol=1e-4, rtol=0)


def test_a_search_for_ssim_finds_more_of_it_alone_or_together() -> None:
    unseen = images(6, seed=1)
    by_error, by_ssim = fitted(SearchedPCA(12, 0.001)), fitted(SearchedPCA(12, 0.001, "ssim"))
    before, after = (float(SSIM()(module(unseen), unseen).mean()) for module in (by_error, by_ssim))
    assert after > before + 0.01
    torch.testing.assert_close(by_ssim(unseen)[2:3], by_ssim(unseen[2:3]), atol=0.004, rtol=0)


def test_says_where_ssim_has_no_window() -> None:
    tiny = Task(8, None)  # type: ignore[arg-type]
    assert SearchedPCA().unavailable(tiny) is None
    assert "at least 11 px" in str(SearchedPCA(measure="ssim").unavailable(tiny))
