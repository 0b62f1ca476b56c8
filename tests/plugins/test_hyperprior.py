from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm
from torch import Tensor, nn

from benchbench import Batch, Codec, Task
from benchbench_plugins.models._density import Density
from benchbench_plugins.models.hyperprior import (
    Divisive,
    Hyperprior,
    HyperpriorCodec,
    in_whole_numbers,
    likelihood,
)


def task(size: int = 64) -> Task:
    return Task(size, None, mean=(0.6, 0.5, 0.4), std=(0.2, 0.25, 0.3))  # type: ignore[arg-type]


def built(size: int = 64, width: int = 8, latent: int = 12) -> HyperpriorCodec:
    torch.manual_seed(0)
    model = Hyperprior(width=width, latent=latent)
    module = model.build(task(size))
    assert isinstance(module, HyperpriorCodec)
    with torch.no_grad():
        module.analysis[-1].weight *= 12  # type: ignore[union-attr,operator]
        module.side_analysis[-1].weight *= 100  # type: ignore[union-attr,operator]
        model.fit(module, ())
    return module


def images(n: int, size: int = 64) -> Tensor:
    coarse = torch.rand((n, 3, 6, 6), generator=torch.Generator().manual_seed(n))
    return nn.functional.interpolate(coarse, (size, size), mode="bilinear")


def test_the_papers_network_has_its_parameters() -> None:
    """CompressAI's has 5,075,843: its density has a layer more, of 15 parameters a channel of z, and 3 quantiles."""
    model = Hyperprior(width=128, latent=192)
    assert model.count_parameters(model.build(task())) == 5_075_843 - 18 * 128


def test_normalises_by_the_papers_formula() -> None:
    layer, x = Divisive(5), torch.randn(2, 5, 3, 4)
    with torch.no_grad():
        layer.gamma.uniform_(0, 1)
        layer.beta.uniform_(0.1, 1)
        norms = [(layer.beta[i] + sum(layer.gamma[i, j] * x[:, j] ** 2 for j in range(5))).sqrt() for i in range(5)]
        expected = torch.stack([x[:, i] / root for i, root in enumerate(norms)], 1)
        torch.testing.assert_close(layer(x), expected)
        back = Divisive(5, inverse=True)
        back.load_state_dict(layer.state_dict())
        torch.testing.assert_close(back(x), x * x / expected)


def test_a_density_is_one() -> None:
    """Its probabilities sum to one, before training and after anything that training may do; its table has them."""
    torch.manual_seed(0)
    density = Density(4, 60)
    for parameter in density.parameters():
        parameter.data += torch.randn(parameter.shape)
    whole = torch.arange(-3000.0, 3001).expand(4, -1)[None, ..., None]
    with torch.no_grad():
        found = density(whole)[0, ..., 0]
        density.fit()
    torch.testing.assert_close(found.sum(1), torch.ones(4), atol=1e-3, rtol=0)
    torch.testing.assert_close(density.table / 2**20, found[:, 2940:3061].double(), atol=2e-6, rtol=0)


def test_likelihood_is_scipys() -> None:
    values, scales = torch.linspace(-9, 9, 41), torch.rand(41) * 3 + 0.1
    q, s = values.double().numpy(), scales.double().numpy()
    expected = np.maximum(norm.cdf((q + 0.5) / s) - norm.cdf((q - 0.5) / s), 1e-9)
    np.testing.assert_allclose(likelihood(values, scales), expected, rtol=1e-3, atol=1e-7)


def test_scales_are_exact_in_any_order_of_sums() -> None:
    """Turned channels change the order of every sum: float32 differs, whole numbers do not. Both are the network."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.ConvTranspose2d(48, 48, 5, 2, 2, 1), nn.ReLU(), nn.Conv2d(48, 8, 3, 1, 1))
    z, order = torch.randint(-60, 61, (1, 48, 3, 3)), torch.randperm(48)
    turned = nn.Sequential(nn.ConvTranspose2d(48, 48, 5, 2, 2, 1), nn.ReLU(), nn.Conv2d(48, 8, 3, 1, 1))
    state = {name: value.clone() for name, value in network.state_dict().items()}
    state["0.weight"], state["0.bias"] = state["0.weight"][order][:, order], state["0.bias"][order]
    state["2.weight"] = state["2.weight"][:, order]
    turned.load_state_dict(state)
    exact = in_whole_numbers(network, z)
    assert torch.equal(in_whole_numbers(turned, z[:, order]), exact)
    with torch.no_grad():
        torch.testing.assert_close(network(z.float()).double(), exact, atol=0.02, rtol=0.01)


@pytest.mark.parametrize("size", [16, 40, 64])
def test_restored_images_have_been_bytes(size: int) -> None:
    module, given = built(size).eval(), images(3, size)
    assert isinstance(module, Codec)
    with torch.no_grad():
        data = module.compress(given)
        assert torch.equal(module.decompress(data), module(given))
        assert [module.compress(image[None])[0] for image in given] == data


def test_bytes_are_those_that_training_counts() -> None:
    """What is coded has the probabilities of the loss, but for rounding: σ in eighths of its logarithm, whole bytes."""
    module, given = built().eval(), images(4)
    with torch.no_grad():
        y, z = (value.round() for value in module.latents(given))
        scales = (module.side_synthesis(z)[..., :4, :4] * 8).clamp(-20, 36).div(8).exp()
        bits = -likelihood(y, scales).log2().sum() - module.density(z).log2().sum()
        spent = sum(map(len, module.compress(given)))
    assert y.abs().max() > 1
    assert spent == pytest.approx(float(bits) / 8 + 0.5 * len(given), rel=0.02, abs=3)


def test_the_loss_is_rate_plus_weighted_distortion() -> None:
    module, batch = built().train(), Batch(images(2), images(2))
    with torch.no_grad():
        costs = []
        for weight in (1e-6, 1.0, 3.0):
            torch.manual_seed(0)
            costs.append(float(Hyperprior(weight=weight).training_step(module, batch, "all")))
        torch.manual_seed(0)
        restored, bits = module.noisy(batch.degraded)
    error = 255**2 * float((restored - batch.clean).square().mean())
    assert costs[0] == pytest.approx(float(bits) / (2 * 64 * 64) + 1e-6 * error, rel=1e-3)
    assert costs[1] - costs[0] == pytest.approx(error, rel=1e-3)
    assert costs[2] - costs[1] == pytest.approx(2 * error, rel=1e-3)
    assert math.isfinite(costs[2])
