from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from benchbench import Task
from benchbench_plugins.models.flow import Flow, RectifiedFlow, noise_of

TASK = Task(64, None)  # type: ignore[arg-type]


def images(n: int = 2, side: int = 64) -> Tensor:
    return torch.rand((n, 3, side, side), generator=torch.Generator().manual_seed(side))


def built(model: Flow, *, awake: bool = True) -> RectifiedFlow:
    torch.manual_seed(0)
    module = model.build(TASK)
    assert isinstance(module, RectifiedFlow)
    for parameter in module.parameters() if awake else ():
        parameter.data += 0.02 * torch.randn(parameter.shape)
    return module.eval()


@pytest.mark.parametrize("steps", [1, 4])
def test_starts_at_the_identity(steps: int) -> None:
    found = built(Flow(steps), awake=False)(images(side=61))
    assert torch.equal(found, images(side=61))


def test_one_step_is_the_posterior_mean_whatever_the_seed() -> None:
    module = built(Flow(1))
    expected = module.posterior_mean(images())
    for seed in 0, 1:
        other = built(Flow(1, seed))
        assert torch.equal(other(images()), expected)


def test_a_seed_gives_one_restoration_and_another_seed_another() -> None:
    first, again, other = (built(Flow(seed=seed))(images()) for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert (first - other).abs().mean() > 1e-4


def test_noise_hangs_on_the_image_not_on_its_place() -> None:
    found = noise_of(images(3), seed=0)
    torch.testing.assert_close(noise_of(images(3).flip(0), seed=0).flip(0), found, rtol=0, atol=0)
    assert not torch.equal(found[0], found[1])
    assert abs(float(found.mean())) < 0.02
    assert abs(float(found.std()) - 1) < 0.02


class Linear(nn.Module):
    """The best estimate where clean images lie around their mean by white normal noise of a known deviation."""

    def __init__(self, deviation: float, noise: float) -> None:
        super().__init__()
        self.deviation, self.noise = deviation, noise

    def forward(self, x: Tensor) -> Tensor:
        offset, t = x[:, :3], x[:, -1:]
        signal, noise = (1 - t) * self.deviation, t * self.noise
        gain = signal * self.deviation / (signal**2 + noise**2)
        return gain * offset * self.noise * ((1 - t) ** 2 + t**2).sqrt()


@pytest.mark.parametrize("deviation", [0.02, 0.05, 0.2])
def test_many_steps_give_samples_of_the_planted_distribution(deviation: float) -> None:
    model = Flow(steps=200, noise=0.05)
    offsets = RectifiedFlow(Linear(deviation, model.noise), model)(images()) - images()
    assert float(offsets.std()) == pytest.approx(deviation, rel=0.03)
    few = RectifiedFlow(Linear(deviation, model.noise), Flow(steps=3, noise=0.05))(images()) - images()
    assert 0.3 * deviation < float(few.std()) < float(offsets.std())
