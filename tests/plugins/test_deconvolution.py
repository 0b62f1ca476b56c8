"""Deconvolvers never make worse what they are given, whatever the kernel and the noise."""

from __future__ import annotations

import functools

import pytest
from torch import Tensor

from benchbench import Task
from benchbench.contracts.applying import apply_degradation, to_8bit
from benchbench.contracts.seeding import SeededDraw
from benchbench.registry.registry import registry
from benchbench_plugins.datasets.faces import Faces

BLURS = [
    "motion-blur:angle=45",
    "motion-blur:angle=-90..90",
    "motion-blur:severity=5",
    "motion-blur:severity=1,noise=0",
    "motion-blur:length=1..3",
    "motion-blur:length=40,noise=0.03",
    "gaussian-blur:sigma=0.2..0.6",
    "gaussian-blur:sigma=0.6,noise=0.1",
    "gaussian-blur:severity=5,noise=0",
    "gaussian-blur:region=box",
    "defocus:severity=1..5",
    "defocus:radius=0.5",
]
CEILING = 58.9  # dB: what rounding to 8 bits leaves


@functools.cache
def portraits() -> tuple[Tensor, Tensor]:
    """Clean portraits and their face masks."""
    images = Faces(n=6).load(48)
    assert images.masks is not None
    return images.pixels.float() / 255, images.masks


@functools.cache
def psnr_of(spec: str, name: str | None) -> Tensor:
    """PSNR (N,) of the degraded portraits, or of what a model makes of them."""
    clean, face = portraits()
    degradation = registry().resolve("degradation", spec)
    found = apply_degradation(degradation, clean, SeededDraw(0, "test", list("abcdef")), face)
    images = to_8bit(found.images)
    if name is not None:
        module = registry().resolve("model", name).build(Task(48, degradation))
        images = to_8bit(module(images, region=found.region, truth=found.truth))
    return (-10 * ((images - clean) ** 2).mean((1, 2, 3)).log10()).clamp(max=CEILING)


@pytest.mark.parametrize("model", ["wiener", "richardson-lucy"])
@pytest.mark.parametrize("blur", BLURS)
def test_never_below_the_input(blur: str, model: str) -> None:
    gain = psnr_of(blur, model) - psnr_of(blur, None)
    assert gain.min() > -0.02, gain


@pytest.mark.parametrize("model", ["wiener", "richardson-lucy"])
def test_an_oblique_blur_is_undone_as_far_as_a_level_one(model: str) -> None:
    level, oblique = (
        psnr_of(f"motion-blur:angle={angle}", model) - psnr_of(f"motion-blur:angle={angle}", None) for angle in (0, 45)
    )
    assert oblique.mean() > level.mean() - 1
    assert oblique.mean() > 1.5
