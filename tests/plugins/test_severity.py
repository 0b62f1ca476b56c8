"""Severities of built-in degradations: each is worse than the one before, on portraits."""

from __future__ import annotations

import functools

import pytest
import torch
from torch import Tensor

from benchbench import Graded, Range
from benchbench.contracts.applying import apply_degradation, to_8bit
from benchbench.contracts.parameters import parameters_of
from benchbench.contracts.seeding import SeededDraw
from benchbench.registry.registry import registry
from benchbench_plugins.datasets.faces import Faces

GRADED = [c for c in registry().of("degradation").values() if issubclass(c, Graded)]
every_graded = pytest.mark.parametrize("component", GRADED, ids=lambda c: c.name)


@functools.cache
def portraits() -> Tensor:
    return Faces(n=16).load(64).pixels.float() / 255


def psnr(component: type[Graded], severity: Range) -> Tensor:
    """PSNR (N,) of the degraded portraits."""
    clean = portraits()
    draw = SeededDraw(0, "test", [str(i) for i in range(len(clean))])
    degraded = to_8bit(apply_degradation(component(severity=severity), clean, draw).images)
    return -10 * ((degraded - clean) ** 2).mean((1, 2, 3)).log10()


@every_graded
def test_each_severity_is_worse_than_the_one_before(component: type[Graded]) -> None:
    scores = torch.stack([psnr(component, Range(s, s)).mean() for s in range(1, 6)])
    assert (scores.diff() < -0.5).all(), scores


@every_graded
def test_severity_is_the_last_parameter_and_three_by_default(component: type[Graded]) -> None:
    assert list(parameters_of(component))[-1] == "severity"
    assert component() == component(severity=Range(3, 3))


def test_there_are_all_that_photographs_suffer() -> None:
    names = {c.name for c in GRADED}
    assert names >= {"real", "defocus", "low-light", "speckle", "webp", "scratches", "pinch", "wave", "mosaic"}
    assert names >= {"motion-blur", "gaussian-blur", "jpeg"}
