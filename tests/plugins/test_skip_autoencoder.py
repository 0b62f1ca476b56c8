from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from benchbench import Task
from benchbench.contracts.specs import resolve
from benchbench_plugins.models.skip_autoencoder import VARIATIONS, SkipAutoencoder

TASK = Task(48, None)  # type: ignore[arg-type]


def built(**settings: int | float | bool) -> nn.Module:
    torch.manual_seed(0)
    return SkipAutoencoder(**settings).build(TASK).eval()  # type: ignore[arg-type]


def images(n: int = 1) -> Tensor:
    return torch.rand((n, 3, 48, 48), generator=torch.Generator().manual_seed(n))


def test_seven_variations_all_different_and_all_runnable() -> None:
    models = [resolve(spec, {"skip-autoencoder": SkipAutoencoder}, "model") for spec in VARIATIONS]
    assert len(set(models)) == 7
    assert [str(model) for model in models] == list(VARIATIONS)
    for model in models:
        assert model.build(TASK).eval()(images()).shape == (1, 3, 48, 48)


def test_the_variations_vary_what_the_study_varied() -> None:
    models = [resolve(spec, {"skip-autoencoder": SkipAutoencoder}, "model") for spec in VARIATIONS]
    assert len({m.kernel for m in models}) > 1
    assert len({m.depth for m in models}) > 1
    assert {m.skips for m in models} == {True, False}


def test_the_last_block_is_given_the_image_itself() -> None:
    seen = []
    module = built()
    last = module.body.decoder[-1]
    last.register_forward_hook(lambda _layer, inputs, _output: seen.append(inputs[1]))
    given = images()
    module(given)
    assert torch.equal(seen[0], given)


@pytest.mark.parametrize("skips", [True, False])
def test_only_skips_carry_the_image_past_the_bottleneck(skips: bool) -> None:
    module = built(skips=skips)
    bottleneck = module.body.encoder[-1]
    bottleneck.register_forward_hook(lambda _layer, _inputs, output: torch.zeros_like(output))
    apart = (module(images(1)) - module(images(2)[:1])).abs().max()
    assert bool(apart > 0) == skips


def test_an_encoder_block_is_as_the_study_says() -> None:
    kinds = [type(layer) for layer in built().body.encoder[0]]
    assert kinds == [nn.Conv2d, nn.ReLU, nn.Conv2d, nn.ReLU, nn.Dropout, nn.BatchNorm2d]


def test_dropout_acts_in_training_only() -> None:
    module, given = built(dropout=0.5), images()
    assert torch.equal(module(given), module(given))
    module.train()
    assert not torch.equal(module(given), module(given))


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_depth_is_the_number_of_halvings(depth: int) -> None:
    sizes = []
    module = built(depth=depth, width=4)
    for block in module.body.encoder:
        block.register_forward_hook(lambda _layer, _inputs, output: sizes.append(output.shape[-1]))
    module(torch.rand(1, 3, 64, 64))
    assert sizes == [64 >> level for level in range(1, depth + 1)]
