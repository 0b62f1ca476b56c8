from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from benchbench import Batch, Codec, Task
from benchbench_plugins.models.cvae import CVAE, VariationalCodec, divergence


def task(size: int = 64) -> Task:
    return Task(size, None, mean=(0.6, 0.5, 0.4), std=(0.2, 0.25, 0.3))  # type: ignore[arg-type]


def built(size: int = 64, **settings: float) -> VariationalCodec:
    torch.manual_seed(0)
    module = CVAE(**settings).build(task(size))  # type: ignore[arg-type]
    assert isinstance(module, VariationalCodec)
    return module


def images(n: int, size: int = 64) -> Tensor:
    coarse = torch.rand((n, 3, 6, 6), generator=torch.Generator().manual_seed(n))
    return nn.functional.interpolate(coarse, (size, size), mode="bilinear")


def test_has_the_studys_parameters_within_a_hundredth() -> None:
    assert abs(CVAE().count_parameters(built()) / 443_491 - 1) < 0.01


@pytest.mark.parametrize("size", [16, 32, 64, 128, 256])
def test_the_bottleneck_is_512_numbers_at_every_size_it_takes(size: int) -> None:
    assert CVAE().unavailable(task(size)) is None
    module = built(size).eval()
    latents = module.latents(images(1, size))
    assert latents.shape == (1, 512)
    assert module.images(latents).shape == (1, 3, size, size)


@pytest.mark.parametrize(
    ("size", "reason"), [(63, "multiple of 16 px, not 63"), (48, "512 numbers evenly over 9 places")]
)
def test_says_which_sizes_it_cannot_take(size: int, reason: str) -> None:
    assert reason in str(CVAE().unavailable(task(size)))


def test_divergence_is_pytorchs() -> None:
    mean, deviation = torch.randn(4, 7), torch.rand(4, 7) + 0.1
    expected = kl_divergence(Normal(mean, deviation), Normal(0.0, 1.0)).sum(1).mean()
    torch.testing.assert_close(divergence(mean, deviation), expected)


def test_beta_weighs_the_divergence_a_pixel() -> None:
    module, batch = built().train(), Batch(images(4), images(4))
    with torch.no_grad():
        costs = []
        for beta in (0.0, 1.0, 3.0):
            torch.manual_seed(0)
            costs.append(CVAE(beta=beta).training_step(module, batch, "all"))
        rate = divergence(*module.posterior(batch.degraded)) / (3 * 64 * 64)
    torch.testing.assert_close(costs[1] - costs[0], rate, rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(costs[2] - costs[0], 3 * rate, rtol=1e-3, atol=1e-5)


def test_nothing_but_the_latent_reaches_the_decoder() -> None:
    """Images of one latent are restored alike, however they differ."""
    module = built().eval()
    module.coder.step = 1e9
    first, second = module(images(1)), module(images(2)[1:])
    assert torch.equal(first, second)


def test_training_draws_around_the_mean_and_evaluation_does_not() -> None:
    module, given = built(), images(4)
    assert not torch.equal(module.train()(given), module(given))
    assert torch.equal(module.eval()(given), module(given))


def test_restored_images_have_been_bytes() -> None:
    module, given = built().eval(), images(3)
    assert isinstance(module, Codec)
    with torch.no_grad():
        data = module.compress(given)
        assert torch.equal(module.decompress(data), module(given))
    assert all(len(message) < 4 * 512 for message in data)


def test_fit_makes_the_bytes_fewer() -> None:
    """A coder that knows how far each number varies beats one that takes all for standard normal."""
    model, given = CVAE(step=0.05), images(8)
    module = model.build(task()).eval()
    assert isinstance(module, VariationalCodec)

    def batches() -> Iterator[Batch]:
        for part in given.split(3):
            yield Batch(part, part)

    with torch.no_grad():
        before = sum(map(len, module.compress(given)))
        model.fit(module, batches())
        after = sum(map(len, module.compress(given)))
        assert torch.equal(module.decompress(module.compress(given)), module(given))
        torch.testing.assert_close(module.coder.mean, module.latents(given).mean(0))
    assert math.isfinite(before)
    assert after < before
