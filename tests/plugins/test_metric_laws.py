"""What built-in metrics promise beyond the contract, whatever they measure."""

from __future__ import annotations

import importlib
import itertools
import math
import pkgutil
from collections.abc import Collection

import pytest
import torch
from torch import Tensor

import benchbench_plugins.metrics
from benchbench import Metric, SetMetric, Task
from benchbench_plugins.degradations.none import Nothing

MODULES = [
    importlib.import_module(f"{benchbench_plugins.metrics.__name__}.{module.name}")
    for module in pkgutil.iter_modules(benchbench_plugins.metrics.__path__)
    if not module.name.startswith("_")
]
PRETRAINED = {
    "lpips",
    "dists",
    "unswirl-loss",
    "identity-similarity",
    "landmark-distance",
    "niqe",
}  # they need what is not at hand here
METRICS = [
    metric()
    for module in MODULES
    for metric in module.benchbench_metrics()
    if metric.name not in PRETRAINED and not issubclass(metric, SetMetric)
]
BEST = dict.fromkeys(["ssim", "ssim-y", "ms-ssim", "ms-ssim-3", "vif", "haarpsi", "fsim", "vsi"], 1.0)
BEST |= dict.fromkeys(["psnr", "psnr-y"], 10 * math.log10(12 * 255**2))
SIGNED = {m.name for m in METRICS if m.signed}
BLIND_TO_NOISE = {"checkerboard", *SIGNED}  # by design: one artefact only; means, which noise leaves alone
OF_COLOUR = {"hue-shift"}  # which grey has not
PER_PIXEL = {"mse", "rmse", "mae", "psnr", "psnr-y", "rgb-histogram", "hue-shift", "lightness-shift"}

SIZE = 176  # enough for five scales, and a multiple of 16


def each(*, but: Collection[str] = (), regional: bool = False) -> pytest.MarkDecorator:
    chosen = [m for m in METRICS if m.name not in but and (m.regional or not regional)]
    return pytest.mark.parametrize("metric", chosen, ids=[m.name for m in chosen])


def portraits(n: int = 2, channels: int = 3, height: int = SIZE, width: int = SIZE, seed: int = 0) -> Tensor:
    """Waves of several lengths with some grain, well inside [0, 1] so that noise is not clipped away."""
    source = torch.Generator().manual_seed(seed)
    rows, columns = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    phase = 6 * torch.rand(n, channels, 1, 1, generator=source)
    waves = torch.sin(9 * rows + phase) + torch.cos(31 * columns * rows + phase)
    return 0.5 + 0.12 * waves + 0.02 * torch.rand(n, channels, height, width, generator=source)


def noisy(images: Tensor, sigma: float, seed: int = 1) -> Tensor:
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(seed))
    return (images + sigma * noise).clamp(0, 1)


def better(metric: Metric, one: Tensor, other: Tensor) -> bool:
    assert not metric.signed
    return bool((one > other).all() if metric.higher_is_better else (one < other).all())


def test_the_metrics_of_the_protocol_are_there() -> None:
    assert {m.name for m in METRICS} >= {"psnr", "ssim", "ms-ssim", "ms-ssim-3", "vif", "mae", "mse", "rmse"}


@each(but=OF_COLOUR)
@pytest.mark.parametrize("images", [portraits(), torch.zeros(2, 3, SIZE, SIZE), torch.ones(2, 1, SIZE, SIZE)])
def test_identical_images_get_the_best_score(metric: Metric, images: Tensor) -> None:
    best = torch.full((2,), BEST.get(metric.name, 0.0))
    torch.testing.assert_close(metric(images.clone(), images), best, atol=1e-5, rtol=0)


@each(but=BLIND_TO_NOISE)
def test_more_noise_is_worse(metric: Metric) -> None:
    clean = portraits()
    scores = [metric(noisy(clean, sigma), clean) for sigma in (0.0, 0.01, 0.04, 0.16)]
    assert all(better(metric, less, more) for less, more in itertools.pairwise(scores))


@pytest.mark.parametrize("metric", [m for m in METRICS if m.signed], ids=lambda m: m.name)
def test_a_shift_turns_its_sign_where_restored_and_clean_change_places(metric: Metric) -> None:
    clean = portraits() * torch.tensor([1.2, 0.9, 0.7]).view(1, 3, 1, 1)
    restored = (clean * torch.tensor([0.9, 1.0, 1.0]).view(1, 3, 1, 1)).clamp(0, 1)
    shift = metric(restored, clean)
    assert (shift.abs() > 0.1).all()
    torch.testing.assert_close(shift, -metric(clean, restored))


@each()
def test_memory_format_autocast_and_matmul_precision_change_nothing(metric: Metric) -> None:
    clean = portraits()
    restored = noisy(clean, 0.1)
    plain = metric(restored, clean)
    channels_last = [t.contiguous(memory_format=torch.channels_last) for t in (restored, clean)]
    torch.set_float32_matmul_precision("medium")
    try:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = metric(*channels_last)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")
    torch.testing.assert_close(scores, plain, atol=1e-5, rtol=1e-5)


@each(but={"ms-ssim"}, regional=True)  # at its fifth scale a window spans 176 pixels: nothing is far
def test_damage_far_from_the_region_does_not_count(metric: Metric) -> None:
    clean = portraits()
    region = torch.zeros(2, 1, SIZE, SIZE, dtype=torch.bool)
    region[:, :, 30:90, 30:90] = True
    outside = ~region
    if metric.name not in PER_PIXEL:  # windows reach over the region's edge: leave them room, also at coarse scales
        outside[:, :, :-6, :] = False
        region[:, :, 60:] = False
    restored = noisy(clean, 0.05)
    damaged = torch.where(outside, torch.rand(restored.shape, generator=torch.Generator().manual_seed(9)), restored)
    torch.testing.assert_close(metric(damaged, clean, region), metric(restored, clean, region), atol=1e-6, rtol=1e-5)
    assert not torch.allclose(metric(damaged, clean), metric(restored, clean), atol=1e-4)


@pytest.mark.parametrize("metric", [m for m in METRICS if not m.regional], ids=lambda m: m.name)
def test_a_metric_of_whole_images_refuses_a_region(metric: Metric) -> None:
    clean = portraits(1)
    with pytest.raises(ValueError, match=metric.name):
        metric(clean, clean, torch.ones(1, 1, SIZE, SIZE, dtype=torch.bool))


@each()
def test_it_works_from_the_size_on_that_it_calls_available(metric: Metric) -> None:
    sizes = range(8, 170)
    reasons = {size: metric.unavailable(Task(size=size, degradation=Nothing())) for size in sizes}
    least = min(size for size, reason in reasons.items() if reason is None)
    assert all((reason is None) == (size >= least) for size, reason in reasons.items())
    clean = portraits(1, 3, least, least)
    assert metric(noisy(clean, 0.1), clean).isfinite().all()
    if least > min(sizes):
        assert f"{least} px" in str(reasons[least - 1])
