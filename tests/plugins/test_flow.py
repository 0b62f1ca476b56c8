from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from benchbench import Batch, Task
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
    expected = built(Flow(1)).posterior(images())[0]
    for seed in 0, 1:
        assert torch.equal(built(Flow(1, seed))(images()), expected)


def test_a_seed_gives_one_restoration_and_another_seed_another() -> None:
    first, again, other = (built(Flow(seed=seed))(images()) for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert (first - other).abs().mean() > 1e-4


def test_noise_hangs_on_the_image_not_on_its_place() -> None:
    found = noise_of(images(3), seed=0)
    torch.testing.assert_close(noise_of(images(3).flip(0), seed=0).flip(0), found, rtol=0, atol=0)
    assert not torch.equal(found[0], found[1])
    many = noise_of(images(60), seed=0)
    assert abs(float(many.mean())) < 0.05
    assert abs(float(many.std()) - 1) < 0.05


class Linear(nn.Module):
    """The best estimate where pixels lie around their mean by normal noise of a known deviation."""

    def __init__(self, deviation: float, noise: float, log_deviation: float = 0.0) -> None:
        super().__init__()
        self.deviation, self.noise, self.log_deviation = deviation, noise, log_deviation

    def forward(self, x: Tensor) -> Tensor:
        offset, t = x[:, :3], x[:, -1:]
        signal, noise = (1 - t) * self.deviation, t * self.noise
        gain = signal * self.deviation / (signal**2 + noise**2)
        correction = gain * offset * self.noise * ((1 - t) ** 2 + t**2).sqrt()
        return torch.cat((correction, torch.full_like(t, self.log_deviation)), 1)


def spread(steps: int, planted: Linear) -> float:
    model = Flow(steps, noise=planted.noise)
    return float((RectifiedFlow(planted, model)(images(20)) - images(20)).std())


@pytest.mark.parametrize("deviation", [0.02, 0.05, 0.2])
def test_many_steps_give_samples_of_the_planted_distribution(deviation: float) -> None:
    planted = Linear(deviation, noise=0.05)
    many = spread(100, planted)
    assert many == pytest.approx(deviation, rel=0.06)
    assert 0.3 * deviation < spread(3, planted) < many


def test_noise_is_as_strong_as_the_learnt_deviation() -> None:
    # With all lengths in units of the deviation, nothing but the unit changes.
    usual, half = (spread(8, Linear(0.05, 0.05, math.log(factor))) for factor in (1.0, 0.5))
    assert half == pytest.approx(usual / 2, rel=1e-4)


@pytest.mark.parametrize("deviation", [0.03, 0.1])
def test_training_finds_the_deviation_of_what_the_mean_lacks(deviation: float) -> None:
    clean = images(8)
    batch = Batch(clean + deviation * torch.randn(clean.shape, generator=torch.Generator().manual_seed(1)), clean)
    losses = {}
    for factor in 0.8, 1.0, 1.25:
        module = RectifiedFlow(Linear(0.0, 0.05, math.log(factor * deviation / 0.05)), Flow(noise=0.05))
        losses[factor] = float(Flow(noise=0.05).training_step(module, batch, "all"))
    assert min(losses, key=losses.__getitem__) == 1.0
