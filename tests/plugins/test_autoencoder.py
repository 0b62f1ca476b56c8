from __future__ import annotations

from itertools import pairwise

import torch

from benchbench import Task
from benchbench_plugins.models.autoencoder import WIDTHS, Autoencoder

TASK = Task(64, None)  # type: ignore[arg-type]


def parameters(width: int) -> int:
    return sum(p.numel() for p in Autoencoder(width).build(TASK).parameters())


def test_has_the_parameters_of_the_study() -> None:
    assert parameters(32) == 29_507


def test_six_widths_each_with_about_twice_the_parameters() -> None:
    assert len(WIDTHS) == 6
    assert all(1.7 < parameters(wide) / parameters(narrow) < 2.3 for narrow, wide in pairwise(WIDTHS))
    assert 31 < parameters(WIDTHS[-1]) / parameters(WIDTHS[0]) < 33  # five doublings


def test_all_passes_through_a_quarter_of_the_resolution() -> None:
    sizes = []
    module = Autoencoder().build(TASK)
    for layer in module.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.register_forward_hook(lambda _layer, _inputs, output: sizes.append(output.shape[-1]))
    module(torch.zeros(1, 3, 64, 64))
    assert sizes == [32, 16, 16, 32, 64]
