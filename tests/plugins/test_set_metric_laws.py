"""Laws of fid, kid and face-fd beyond their references: known normals, a plain loop, and damage of every kind."""

from __future__ import annotations

import functools

import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from benchbench import Graded
from benchbench.contracts.applying import apply_degradation, to_8bit
from benchbench.contracts.seeding import SeededDraw
from benchbench.registry.registry import registry
from benchbench_plugins.datasets.faces import Faces
from benchbench_plugins.metrics.face_fd import FaceFD
from benchbench_plugins.metrics.fid import FID
from benchbench_plugins.metrics.kid import KID

IMAGES = 48
FRECHET = [FID(), FaceFD()]
GRADED = {name: kind for name, kind in registry().of("degradation").items() if issubclass(kind, Graded)}
BLIND = {("kid", "wave")}  # a wave leaves the means of features that are pooled over the whole image as they are


def standard(n: int, seed: int, dimensions: int = 5) -> Tensor:
    """Descriptors whose mean is exactly 0 and whose covariance is exactly 1, but for rounding."""
    source = torch.Generator().manual_seed(seed)
    drawn = torch.randn(n, dimensions, generator=source, dtype=torch.float64)
    return torch.linalg.qr(drawn - drawn.mean(0)).Q * (n - 1) ** 0.5


@pytest.mark.parametrize("metric", FRECHET, ids=str)
@pytest.mark.parametrize(("n", "m"), [(40, 40), (40, 90)])
def test_the_distance_of_known_normals_is_the_closed_form(metric: FID | FaceFD, n: int, m: int) -> None:
    """‖μ₁ − μ₂‖² + Σ (σ₁ − σ₂)², where both covariances have the same axes."""
    turn = torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)).Q
    means = torch.tensor([[0.5, -1, 0, 2, 0.1], [0, 1, 0.3, 2, 0]], dtype=torch.float64)
    spreads = torch.tensor([[1, 0.2, 3, 0, 0.5], [2, 0.2, 1, 0.7, 0]], dtype=torch.float64)
    sets = zip((standard(n, seed=0), standard(m, seed=1)), spreads, means, strict=True)
    ours, theirs = (each * spread @ turn + mean for each, spread, mean in sets)
    expected = float((means[0] - means[1]).square().sum() + (spreads[0] - spreads[1]).square().sum())
    assert metric.distance(ours, theirs) == pytest.approx(expected, rel=1e-6)


def test_kid_is_the_unbiased_estimate_of_a_plain_loop() -> None:
    source = torch.Generator().manual_seed(0)
    ours, theirs, n = torch.rand(7, 4, generator=source), torch.rand(7, 4, generator=source) ** 2, 7
    total = 0.0
    for i in range(n):
        for j in range(n):
            if i != j:
                total += (kernel(ours[i], ours[j]) + kernel(theirs[i], theirs[j])) / (n * (n - 1))
            total -= 2 * kernel(ours[i], theirs[j]) / n**2
    assert KID().distance(ours, theirs) == pytest.approx(1000 * total, rel=1e-5)


def kernel(one: Tensor, other: Tensor) -> float:
    products: list[float] = [a * b for a, b in zip(one.tolist(), other.tolist(), strict=True)]
    return (sum(products) / len(products) + 1) ** 3


@functools.cache
def network() -> nn.Module:
    """Three convolutions of random weights, pooled over the whole image as Inception is."""
    layers, inputs = list[nn.Module](), 3
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for width in (16, 32, 64):
            convolution = nn.Conv2d(inputs, width, 3, 2, 1)
            nn.init.kaiming_normal_(convolution.weight)
            layers += [convolution, nn.ReLU()]
            inputs = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


@torch.no_grad()
def features(images: Tensor) -> Tensor:
    found: Tensor = network()(2 * images - 1)
    return found


@functools.cache
def portraits() -> Tensor:
    return Faces(n=IMAGES).load(48).pixels.float() / 255


@pytest.mark.parametrize("name", GRADED)
def test_the_distances_rise_with_the_severity_of_every_degradation(name: str) -> None:
    clean, draw = portraits(), SeededDraw(0, "test", [str(n) for n in range(IMAGES)])
    worse = [registry().resolve("degradation", f"{name}:severity={severity}") for severity in range(1, 6)]
    seen = [features(to_8bit(apply_degradation(each, clean, draw).images)) for each in worse]
    for metric in (FID(), KID()):
        scores = [metric.distance(each, features(clean)) for each in seen]
        if (metric.name, name) not in BLIND:
            assert spearmanr(range(5), scores).statistic >= 0.9, (metric.name, scores)
