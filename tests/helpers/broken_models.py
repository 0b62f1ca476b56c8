"""Models that keep all laws, and their twins that each break the one law of which they are told."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from benchbench import Batch, Codec, Model, Recipe, Task, param


@dataclass(frozen=True)
class SomeModel(Model):
    """A small residual restorer that breaks one law."""

    name = "some-model"
    recipe: ClassVar[Recipe | None] = Recipe(batch=4)

    law: str = param("", "the law that it breaks")

    def build(self, task: Task) -> nn.Module:
        return Restorer(3 if self.law == "takes-greyscale" else task.channels, self.law)

    def unavailable(self, task: Task) -> str | None:
        return "much\ntoo large" if self.law == "says-why-not" and task.size == 256 else None

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        loss = super().training_step(module, batch, optimizer)
        if self.law == "training-goes-on-from-a-checkpoint":
            module.steps = getattr(module, "steps", 0) + 1  # which no checkpoint holds
            loss = loss * module.steps
        if self.law == "remembers":
            module.learned = batch.clean.mean()  # neither parameter nor buffer
        return -loss if self.law == "training-lowers-the-loss" else loss


class Restorer(nn.Module):
    def __init__(self, channels: int, law: str) -> None:
        super().__init__()
        self.law = law
        self.body = nn.Sequential(nn.Conv2d(channels, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, channels, 3, padding=1))
        self.learned: float | Tensor = 0.0
        self.offset = torch.rand(())  # neither parameter nor buffer
        if law == "gradients-reach-all-parameters":
            self.forgotten = nn.Parameter(torch.zeros(3))

    def forward(self, degraded: Tensor) -> Any:
        found = degraded + self.body(degraded) + self.learned
        match self.law:
            case "builds-a-restorer":
                return [found]
            case "keeps-the-shape":
                return found[..., :-1]
            case "keeps-the-device":
                return found.to("meta")
            case "half" | "double":  # which breaks none
                return getattr(found, self.law)()
            case "gives-floating-point":
                return found.long()
            case "gives-finite-values":
                return found / degraded.std((1, 2, 3), keepdim=True)
            case "keeps-the-range":
                return 255 * found
            case "leaves-its-input-alone":
                degraded.zero_()
            case "clamps":
                degraded.clamp_(0.01, 0.99)
            case "follows-the-seed":
                return F.dropout(found, 0.1)
            case "treats-each-image-alone":
                return found - 0.5 * found.mean(0)
            case "is-blind-to-the-clean-image" if not self.training:
                return found - clean_image_of_a_caller()
            case "is-all-in-its-weights":
                return found + self.offset
            case "ignores-the-memory-format" if not self.training:
                return found + 0.1 * degraded.is_contiguous()
            case "takes-a-single-image":
                return found.squeeze(0)
            case "takes-any-size":
                return found + 0 * F.pixel_shuffle(F.pixel_unshuffle(degraded, 2), 2)
        return found


def clean_image_of_a_caller() -> Tensor:
    frame = sys._getframe(1)
    while frame.f_back:
        frame = frame.f_back
        for value in frame.f_locals.values():
            if isinstance(value, Batch):
                return value.clean
    raise LookupError("nobody has a batch")


class Greedy(SomeModel):
    """Wants to see the clean image."""

    name = "greedy"
    sees: ClassVar[tuple[str, ...]] = ("clean",)


@dataclass(frozen=True)
class Store(Model):
    """Stores images as their bytes."""

    name = "store"
    recipe: ClassVar[Recipe | None] = None
    restores: ClassVar[bool] = False

    leaks: bool = param(False, "whether images are decoded by what is decoded beside them")
    remembers: bool = param(False, "whether what it stores is but the number of an image that it has kept")

    def build(self, task: Task) -> nn.Module:
        return Numbers(task, False) if self.remembers else Bytes(task, self.leaks)


@dataclass(frozen=True)
class Silent(Store):
    """Does not say that it stores images."""

    name = "silent"
    restores: ClassVar[bool] = True


class Bytes(nn.Module, Codec):
    def __init__(self, task: Task, leaks: bool) -> None:
        super().__init__()
        self.channels, self.leaks = task.channels, leaks

    def forward(self, degraded: Tensor) -> Tensor:
        return degraded.clone()

    def compress(self, images: Tensor) -> list[bytes]:
        return [image.numpy().tobytes() for image in images.contiguous()]

    def decompress(self, data: Sequence[bytes]) -> Tensor:
        images = torch.stack([torch.frombuffer(bytearray(file), dtype=torch.float32) for file in data])
        side = round((images.shape[1] / self.channels) ** 0.5)
        images = images.view(-1, self.channels, side, side)
        return images - images.mean(0) if self.leaks else images


class Numbers(Bytes):
    def __init__(self, task: Task, leaks: bool) -> None:
        super().__init__(task, leaks)
        self.kept: list[bytes] = []

    def compress(self, images: Tensor) -> list[bytes]:
        first = len(self.kept)
        self.kept += super().compress(images)
        return [bytes([number]) for number in range(first, len(self.kept))]

    def decompress(self, data: Sequence[bytes]) -> Tensor:
        return super().decompress([self.kept[file[0]] for file in data])


@dataclass(frozen=True)
class Hinged(SomeModel):
    """A hinge GAN that keeps all laws: its critic's last bias has a gradient of zero while no margin is reached."""

    name = "hinged"

    def build(self, task: Task) -> nn.Module:
        restorer = super().build(task)
        restorer.critic = nn.Sequential(nn.Conv2d(task.channels, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Conv2d(4, 1, 1))
        return restorer

    def configure_optimizers(self, module: nn.Module) -> Mapping[str, Optimizer]:
        body, critic = module.get_submodule("body"), module.get_submodule("critic")
        return {"restorer": torch.optim.Adam(body.parameters()), "critic": torch.optim.SGD(critic.parameters(), 1e-4)}

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        if optimizer == "restorer":
            return super().training_step(module, batch, optimizer)
        critic = module.get_submodule("critic")
        return F.relu(1 - critic(batch.clean)).mean() + F.relu(1 + critic(batch.degraded)).mean()


SUBTLE = [
    (SomeModel("remembers"), "is-all-in-its-weights"),
    (SomeModel("clamps"), "leaves-its-input-alone"),
    (Store(remembers=True), "decodes-what-it-stores"),
    (Silent(), "says-whether-it-compresses"),
]
"""Models that break a law in ways that are easily overlooked, and the law."""
