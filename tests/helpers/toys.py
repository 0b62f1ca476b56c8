"""A small plugin with real components, quick enough for tests of the harness; other processes can import it too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from benchbench import Dataset, Degradation, Degraded, Draw, Images, Metric, Model, Range, Recipe, Task, hookimpl, param
from benchbench.contracts.seeding import SeededDraw
from benchbench.data.prepared import PreparedDataset, load, prepare
from benchbench.registry import sources
from benchbench.registry.registry import Registry
from benchbench.registry.registry import load as _load


@hookimpl
def benchbench_datasets() -> list[type[Dataset]]:
    return [ToyFaces]


@hookimpl
def benchbench_degradations() -> list[type[Degradation]]:
    return [Darken, Grain]


@hookimpl
def benchbench_models() -> list[type[Model]]:
    return [Identity, Oracle, TinyConv]


@hookimpl
def benchbench_metrics() -> list[type[Metric]]:
    return [MeanError, Peak]


def registry(*extra_modules: str) -> Registry:
    """A registry of these toys and of the modules with these names, loaded like installed plugins."""
    modules = ("toys", *extra_modules)
    return _load([EntryPoint(f"test.{module}", module, sources.GROUP) for module in modules])


def portraits(cache: Path, dataset: Dataset | None = None, size: int = 16) -> PreparedDataset:
    """A data set, prepared in the cache and loaded from there."""
    return load(prepare(dataset or ToyFaces(), size, cache))


def unread(folder: Path, label: str = "toy-faces", fingerprint: str = "f00d", size: int = 16) -> PreparedDataset:
    """A data set without images, for what reads none."""
    pixels = torch.zeros((0, 3, size, size), dtype=torch.uint8)
    return PreparedDataset(label, label, size, fingerprint, [], pixels, None, {}, [], [], folder=folder)


@dataclass(frozen=True)
class ToyFaces(Dataset):
    """Smooth random portraits: a bright disc, the face, before a gradient of random colours."""

    name = "toy-faces"
    default = True

    n: int = param(40, "number of portraits", low=1)
    masked: bool = param(True, "whether the faces have masks")

    def load(self, size: int) -> Images:
        ids = [f"sitter-{i:04d}" for i in range(self.n)]
        draw = SeededDraw(0, "toy-faces", ids)
        backdrop = nn.functional.interpolate(draw.uniform(0, 0.6, (3, 3, 3)), (size, size), mode="bilinear")
        line = torch.linspace(-1, 1, size)
        distance = (line.view(1, -1, 1) ** 2 + line.view(1, 1, -1) ** 2).sqrt()  # (1,H,W)
        masks = (distance < draw.uniform(0.4, 0.8).view(-1, 1, 1)).unsqueeze(1)  # (n,1,H,W)
        pixels = torch.where(masks, backdrop * 0.5 + 0.5, backdrop).mul(255).round().to(torch.uint8)
        attributes = {"age": [20 + i % 50 for i in range(self.n)]}
        return Images(ids, pixels, masks if self.masked else None, attributes)


@dataclass(frozen=True)
class Darken(Degradation):
    """Multiply each image by its own factor."""

    name = "darken"
    default = True

    factor: Range = param(Range(0.3, 0.7), "what intensities are multiplied by", low=0.01, high=1)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        factor = draw.within(self.factor)
        return Degraded(clean * factor.view(-1, 1, 1, 1), truth={"factor": factor})

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        return degraded / truth["factor"].view(-1, 1, 1, 1)


@dataclass(frozen=True)
class Grain(Degradation):
    """Add Gaussian noise."""

    name = "grain"

    sigma: float = param(0.1, "standard deviation of the noise", low=0, high=1)

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return Degraded(clean + self.sigma * draw.normal(clean.shape[1:]))


@dataclass(frozen=True)
class Identity(Model):
    """The degraded image as it is."""

    name = "identity"
    role = "baseline"
    recipe: ClassVar[Recipe | None] = None

    def build(self, task: Task) -> nn.Module:
        return nn.Identity()


class _Inverse(nn.Module):
    def __init__(self, degradation: Degradation) -> None:
        super().__init__()
        self.degradation = degradation

    def forward(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        return self.degradation.invert(degraded, truth)


@dataclass(frozen=True)
class Oracle(Model):
    """The ideal inverse."""

    name = "oracle"
    role = "ideal"
    recipe: ClassVar[Recipe | None] = None
    sees: ClassVar[tuple[str, ...]] = ("truth",)

    def build(self, task: Task) -> nn.Module:
        return _Inverse(task.degradation)

    def unavailable(self, task: Task) -> str | None:
        return None if task.degradation.has_oracle else f"{task.degradation.name} has no ideal inverse"


@dataclass(frozen=True)
class TinyConv(Model):
    """One 3×3 convolution."""

    name = "tiny-conv"
    recipe: ClassVar[Recipe | None] = Recipe(epochs=2, batch=8, lr=1e-2)

    def build(self, task: Task) -> nn.Module:
        return nn.Conv2d(task.channels, task.channels, 3, padding=1)


def _mean_inside(values: Tensor, region: Tensor | None) -> Tensor:
    """The mean of each of `(N, C, H, W)`, inside bool `(N, 1, H, W)`; NaN where that is empty."""
    if region is None:
        return values.flatten(1).mean(1)
    return (values * region).flatten(1).sum(1) / (region.flatten(1).sum(1) * values.shape[1])


@dataclass(frozen=True)
class MeanError(Metric):
    """Mean absolute error."""

    name = "mean-error"
    higher_is_better = False
    order = 20

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return _mean_inside((restored - clean).abs(), region)


@dataclass(frozen=True)
class Peak(Metric):
    """Peak signal-to-noise ratio, at most 100 dB."""

    name = "peak"
    higher_is_better = True
    unit = "dB"
    digits = 2
    order = 10

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        return -10 * _mean_inside((restored - clean) ** 2, region).clamp_min(1e-10).log10()
