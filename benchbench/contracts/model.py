"""The contract of models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..errors import TrialError
from .component import Component
from .degradation import Degradation
from .recipe import Recipe

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer


# ── models ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Task:
    """What a model or metric may know in advance about the work ahead."""

    size: int
    """Height and width in pixels."""
    degradation: Degradation
    channels: int = 3
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    """Mean of the training images, per channel, in [0, 1]."""
    std: tuple[float, ...] = (0.25, 0.25, 0.25)
    """Standard deviation of the training images, per channel."""


@dataclass(frozen=True)
class Batch:
    """A training batch on the device. All images float32 `(N, C, H, W)` in [0, 1]."""

    degraded: Tensor
    clean: Tensor
    region: Tensor | None = None
    """bool `(N, 1, H, W)`: where the degradation acted."""
    face: Tensor | None = None
    """bool `(N, 1, H, W)`: the face masks, where the data has them."""
    truth: Mapping[str, Tensor] = field(default_factory=dict)

    def side(self, model: Model) -> dict[str, Any]:
        """The side information that the model's `forward` takes. Raises TrialError if it asks for more than it may."""
        if forbidden := set(model.sees) - set(SIDE_INFORMATION):
            raise TrialError(
                f"{model.name}.sees has {forbidden.pop()!r}; only {', '.join(SIDE_INFORMATION)} may be seen"
            )
        return {name: getattr(self, name) for name in model.sees}


SIDE_INFORMATION = ("region", "face", "truth")
"""Why a metric of regions cannot be had where there is none; the data and the degradation never change that."""


class Model(Component, ABC):
    """A restorer. The harness owns the loop; a model gives a module, a loss and a recipe."""

    recipe: ClassVar[Recipe | None] = Recipe()
    """None: needs no training."""
    role: ClassVar[Literal["", "baseline", "ideal"]] = ""
    """baseline: gives the degraded input back; ideal: the inverse that knows the parameters. Between them: a scale."""
    sees: ClassVar[tuple[str, ...]] = ()
    """Side information that `forward` takes as keywords, of "region", "face" and "truth"; boards mark such rows."""

    @abstractmethod
    def build(self, task: Task) -> nn.Module:
        """A module whose `forward(degraded)` gives the restored images, same shape; it never sees the clean ones."""

    def unavailable(self, task: Task) -> str | None:
        """Why this model cannot run on this task, or None. Such a cell is skipped and shows the reason."""
        return None

    def loss(self, restored: Tensor, batch: Batch) -> Tensor:
        """The training loss, a scalar; also measured in validation. Default: mean squared error."""
        return ((restored.float() - batch.clean) ** 2).mean()

    def configure_optimizers(self, module: nn.Module) -> Mapping[str, Optimizer]:
        """One optimizer for all parameters, by the recipe. Override it to have several (a GAN), stepped in order."""
        from .optimizers import make_optimizer

        if self.recipe is None:
            raise TypeError(f"{self.name} has no recipe, so it cannot be trained")
        return {"all": make_optimizer(self.recipe, module.parameters())}

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        """The loss that the named optimizer descends. Runs under autocast where the device gains from it.

        What it remembers from one step to the next must be in parameters and buffers: a run that was interrupted goes
        on with nothing else. `--compile` compiles calls of the module, and of its direct children.
        """
        return self.loss(module(batch.degraded, **batch.side(self)), batch)

    def fit(self, module: nn.Module, batches: Iterable[Batch]) -> None:
        """Set, in place, what is estimated and not descended: principal components, the statistics of a latent.

        Called once, after training if there is any, with the module in eval mode on the device and without gradients.
        `batches` gives every training image once, unmirrored; the budget does not count this.
        """
        return None

    def count_parameters(self, module: nn.Module) -> int:
        """Parameters that restoring an image takes. Override it where the module holds others (a discriminator)."""
        return sum(p.numel() for p in module.parameters())

    def flow(self, module: nn.Module, degraded: Tensor, **side: Any) -> Tensor:
        """The field by which `module` moves pixels, as of `Degradation.flow`. Override it where the module has one."""
        raise NotImplementedError(f"{self.name} estimates no displacements")

    @property
    def has_flow(self) -> bool:
        """Whether the field is known: a baseline moves nothing, the ideal is the truth, others override `flow`."""
        return self.role != "" or type(self).flow is not Model.flow

    def notes(self, task: Task) -> Sequence[str]:
        """What a reader of the board must know of this trial, such as a term of the loss that had to be left out."""
        return ()


class Codec(ABC):
    """A module that stores images as bytes; inherit it beside nn.Module and it has a rate (bits per pixel)."""

    @abstractmethod
    def compress(self, images: Tensor) -> list[bytes]:
        """Each image of `(N, C, H, W)` as the bytes that a decoder would need."""

    @abstractmethod
    def decompress(self, data: Sequence[bytes]) -> Tensor:
        """The images `(N, C, H, W)` back from their bytes."""

    def payload(self, data: bytes) -> int:
        """How many of an image's bytes hold the image itself: all, but for the container and headers of a format."""
        return len(data)
