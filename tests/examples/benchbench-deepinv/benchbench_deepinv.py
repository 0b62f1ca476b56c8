"""DRUNet of deepinv, trained from scratch by benchbench: no loop, no checkpoint, no download in sight."""

from dataclasses import dataclass
from importlib import metadata
from typing import ClassVar

from deepinv.models import DRUNet
from torch import Tensor, nn

from benchbench import Model, Recipe, Task, hookimpl, param


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [DeepinvDRUNet]


class Denoiser(nn.Module):
    """A denoiser of deepinv, told the same noise level for every image."""

    def __init__(self, network: nn.Module, sigma: float) -> None:
        super().__init__()
        self.network, self.sigma = network, sigma

    def forward(self, degraded: Tensor) -> Tensor:
        return self.network(degraded, self.sigma)


@dataclass(frozen=True)
class DeepinvDRUNet(Model):
    """DRUNet, a U-Net of residual blocks without biases (Zhang et al. 2021, arXiv 2008.13751)."""

    name = "deepinv-drunet"
    recipe: ClassVar[Recipe | None] = Recipe(batch=8, lr=1e-3)
    width: int = param(16, "channels at full resolution; the paper has 64", low=1, high=256)
    blocks: int = param(1, "residual blocks at each scale; the paper has 4", low=1, high=16)
    sigma: float = param(0.1, "noise level that the network is told", low=0, high=1)

    def build(self, task: Task) -> nn.Module:
        widths = tuple(self.width * scale for scale in (1, 2, 4, 8))
        network = DRUNet(task.channels, task.channels, nc=widths, nb=self.blocks, pretrained=None)
        return Denoiser(network, self.sigma)

    def version(self) -> str:  # another deepinv may have another DRUNet
        return f"deepinv {metadata.version('deepinv')}"
