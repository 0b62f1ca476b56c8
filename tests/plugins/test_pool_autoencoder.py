from __future__ import annotations

import torch

from benchbench import Task
from benchbench_plugins.models.pool_autoencoder import PoolAutoencoder

TASK = Task(48, None)  # type: ignore[arg-type]


def test_pools_down_and_upsamples_back_without_skips() -> None:
    sizes = []
    module = PoolAutoencoder(8).build(TASK)
    for layer in module.modules():
        if isinstance(layer, torch.nn.MaxPool2d | torch.nn.Upsample):
            layer.register_forward_hook(lambda _layer, _inputs, output: sizes.append(output.shape[-1]))
    module(torch.zeros(1, 3, 48, 48))
    assert sizes == [24, 12, 24, 48]


def test_width_sets_the_parameters() -> None:
    def expected(w: int) -> int:
        pairs = [(3, w), (w, 2 * w), (2 * w, 2 * w), (2 * w, w), (w, 3)]
        return sum(9 * a * b + b for a, b in pairs)

    for width in (4, 32):
        assert sum(p.numel() for p in PoolAutoencoder(width).build(TASK).parameters()) == expected(width)


def test_is_trained_for_the_studys_epochs() -> None:
    assert PoolAutoencoder.recipe is not None
    assert PoolAutoencoder.recipe.epochs == 20
