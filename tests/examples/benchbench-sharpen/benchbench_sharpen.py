"""A model as a plugin: everything that benchbench needs to train and rank it."""

from dataclasses import dataclass

from torch import Tensor, nn

from benchbench import Model, Task, hookimpl, param


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Sharpen]


class Residual(nn.Sequential):
    def forward(self, degraded: Tensor) -> Tensor:
        return degraded + super().forward(degraded)


@dataclass(frozen=True)
class Sharpen(Model):
    """Two convolutions that predict what the degradation took away."""

    name = "sharpen"
    width: int = param(16, "channels between the convolutions", low=1)

    def build(self, task: Task) -> nn.Module:
        first = nn.Conv2d(task.channels, self.width, 5, padding=2)
        return Residual(first, nn.ReLU(), nn.Conv2d(self.width, task.channels, 5, padding=2))
