"""The contract of models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from ..errors import TrialError
from .component import Component
from .degradation import Degradation
from .recipe import Recipe

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

SIDE_INFORMATION = ("region", "face", "truth")
Role = Literal["", "baseline", "ideal", "anchor", "open"]
COMPETES, BASELINE, IDEAL, ANCHOR, OPEN = get_args(Role)
REFERENCES = (BASELINE, IDEAL, ANCHOR)  # roles of what sets the scale of a board


@dataclass(frozen=True)
class Task:
    """What a model or metric may know in advance about the work ahead.

    >>> from benchbench import Task
    >>> from benchbench.registry.registry import registry
    >>> task = Task(64, registry().resolve("degradation", "pixelate"))
    >>> task.size, task.channels, str(task.degradation)
    (64, 3, 'pixelate')
    """

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
    """A training batch on the device. All images are float32 `(N, C, H, W)` in [0, 1].

    >>> import torch
    >>> from benchbench import Batch
    >>> clean = torch.rand(4, 3, 32, 32)
    >>> Batch(degraded=clean / 2, clean=clean).truth
    {}
    """

    degraded: Tensor
    clean: Tensor
    region: Tensor | None = None
    """bool `(N, 1, H, W)`: where the degradation acted."""
    face: Tensor | None = None
    """bool `(N, 1, H, W)`: the face masks, where the data has them."""
    truth: Mapping[str, Tensor] = field(default_factory=dict)
    """The parameters drawn, each with leading axis N."""

    def side(self, model: Model) -> dict[str, Any]:
        """Return the side information that the model sees. Raises TrialError if it asks for more than it may."""
        if forbidden := set(model.sees) - set(SIDE_INFORMATION):
            raise TrialError(
                f"{model.name}.sees has {forbidden.pop()!r}; only {', '.join(SIDE_INFORMATION)} may be seen"
            )
        return {name: getattr(self, name) for name in model.sees}


class Model(Component, ABC):
    """A restorer. The harness owns the loop; a model gives a module, a loss and a recipe.

    >>> from dataclasses import dataclass
    >>> from torch import nn
    >>> from benchbench import Model, Recipe, param
    >>> @dataclass(frozen=True)
    ... class Shallow(Model):
    ...     "Two convolutions."
    ...     name = "shallow"
    ...     recipe = Recipe(lr=3e-4)
    ...     width: int = param(16, "channels between the two", low=1)
    ...     def build(self, task):
    ...         first = nn.Conv2d(task.channels, self.width, 3, padding=1)
    ...         return nn.Sequential(first, nn.ReLU(), nn.Conv2d(self.width, task.channels, 3, padding=1))
    >>> print(Shallow(width=8))
    shallow:width=8
    """

    recipe: ClassVar[Recipe | None] = Recipe()
    """How it is trained; None: it needs no training."""
    role: ClassVar[Role] = COMPETES
    """baseline: gives the degraded input back; ideal: the inverse that knows the parameters. Between them: a scale.

    anchor: the codec that others are compared with. open: its weights were trained elsewhere, on images that nobody
    here can vouch for; boards show it, and rank it apart from what was trained here."""
    restores: ClassVar[bool] = True
    """Whether it undoes a degradation. A codec of mere files does not: it is scored where nothing is degraded."""
    rates: ClassVar[Mapping[str, Sequence[float]]] = {}
    """A codec's parameter that trades bytes for quality -> values that make its curve: `{"quality": (10, 30, 90)}`."""
    sees: ClassVar[tuple[str, ...]] = ()
    """Side information that `forward` takes as keywords, of "region", "face" and "truth"; boards mark such rows."""
    estimates_flow: ClassVar[bool] = False
    """Whether the module estimates displacements: true of a class that defines `flow`, unless it says otherwise."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "estimates_flow" not in vars(cls):
            cls.estimates_flow = cls.flow is not Model.flow

    @abstractmethod
    def build(self, task: Task) -> nn.Module:
        """Build a module whose `forward(degraded)` returns the restored images in the same shape.

        It is given float32, and may return any floating-point type: it is scored as float32, rounded to 8 bits.
        """

    def unavailable(self, task: Task) -> str | None:
        """Say why this model cannot run on this task, or None. Such a cell is skipped and shows the reason."""
        return None

    @property
    def compresses(self) -> bool:
        """Whether it is a codec: what it builds is a `Codec`, and is scored where nothing is degraded."""
        return bool(self.rates) or not self.restores

    def misplaced(self, degradation: Degradation) -> str | None:
        """Say why its scores would tell nothing where images are degraded so, or None."""
        if degradation.degrades:
            return None if self.restores else "it compresses; it is scored where nothing is degraded"
        known = self.compresses or self.role in REFERENCES
        return None if known else "it restores, and nothing is degraded here; only codecs are scored (see Model.rates)"

    def loss(self, restored: Tensor, batch: Batch) -> Tensor:
        """Compute the training loss, a scalar; also measured in validation. Default: mean squared error."""
        return ((restored.float() - batch.clean) ** 2).mean()

    def configure_optimizers(self, module: nn.Module) -> Mapping[str, Optimizer]:
        """Make one optimizer for all parameters, by the recipe. Override it to have several (a GAN), stepped in order.

        Raises TypeError without a recipe.
        """
        from .optimizers import make_optimizer

        if self.recipe is None:
            raise TypeError(f"{self.name} has no recipe, so it cannot be trained")
        return {"all": make_optimizer(self.recipe, module.parameters())}

    def training_step(self, module: nn.Module, batch: Batch, optimizer: str) -> Tensor:
        """Compute the loss that the named optimizer descends. Runs under autocast where the device gains from it.

        State must be in parameters and buffers: a training that was interrupted goes on with nothing else. `--compile`
        compiles calls of the module, and of its direct children.
        """
        return self.loss(module(batch.degraded, **batch.side(self)), batch)

    def fit(self, module: nn.Module, batches: Iterable[Batch]) -> None:
        """Set, in place, what is estimated and not descended: principal components, the statistics of a latent.

        Called once, after training if there is any, with the module in eval mode on the device and without gradients.
        `batches` gives every training image once, unmirrored; the budget does not count this.
        """
        return None

    def count_parameters(self, module: nn.Module) -> int:
        """Count the parameters that restoring takes. Override it where the module holds others (a discriminator)."""
        return sum(p.numel() for p in module.parameters())

    def flow(self, module: nn.Module, degraded: Tensor, **side: Any) -> Tensor:
        """Estimate how pixels were moved, as `Degradation.flow` says it. Define it where the module has a field."""
        raise NotImplementedError(f"{self.name} estimates no displacements")

    @property
    def has_flow(self) -> bool:
        """Whether its field is known: a baseline moves nothing, the ideal moves as the truth does."""
        return self.role in (BASELINE, IDEAL) or self.estimates_flow

    def notes(self, task: Task) -> Sequence[str]:
        """List what a reader of the board must know, such as a term of the loss that had to be left out."""
        return ()


class Codec(ABC):
    """A module that stores images as bytes; inherit it beside nn.Module and it has a rate (bits per pixel).

    >>> import torch
    >>> from torch import nn
    >>> from benchbench import Codec
    >>> class OneByte(nn.Module, Codec):
    ...     def forward(self, degraded):
    ...         return self.decompress(self.compress(degraded)).expand_as(degraded)
    ...     def compress(self, images):
    ...         return [bytes([round(255 * float(image.mean()))]) for image in images]
    ...     def decompress(self, data):
    ...         return torch.tensor([grey[0] / 255 for grey in data]).view(-1, 1, 1, 1)
    >>> OneByte().compress(torch.ones(2, 3, 8, 8))
    [b'\\xff', b'\\xff']
    """

    @abstractmethod
    def compress(self, images: Tensor) -> list[bytes]:
        """Turn each image of `(N, C, H, W)` into the bytes that a decoder would need."""

    @abstractmethod
    def decompress(self, data: Sequence[bytes]) -> Tensor:
        """Turn bytes back into images `(N, C, H, W)`."""

    def payload(self, data: bytes) -> int:
        """Count the bytes that hold the image itself: all, but for the container and headers of a format."""
        return len(data)
