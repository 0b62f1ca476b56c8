"""The four contracts: Dataset, Degradation, Model, Metric. Shapes and ranges are said here, once.

Images are float32 tensors `(N, C, H, W)` in [0, 1], RGB, on any device. A component is a frozen dataclass: its fields
are its parameters, its command-line syntax (`name:field=value`) and its identity. Its class has a `name`, and the
first line of its docstring describes it in lists.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args, get_type_hints

from . import specs
from .errors import SpecError, TrialError
from .weights import Weights

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

    from .seeding import Draw


class Component:
    """What the four contracts share: a name, and parameters.

    Parameters are the fields of a frozen dataclass, of type bool, int, float, str, Range or Literal (or one of them
    `| None`): `width: int = param(16, "channels", low=1)`. Raises SpecError on construction if one is out of range.
    """

    name: ClassVar[str]
    default: ClassVar[bool] = False
    """Whether `benchbench run` takes this one when none of its kind is named."""
    weights: ClassVar[tuple[Weights, ...]] = ()
    """Files of pretrained weights that it can use; `benchbench weights` lists them, and downloads them if asked."""

    def __post_init__(self) -> None:
        for parameter in specs.parameters(type(self)).values():
            value = specs.checked(type(self), parameter, getattr(self, parameter.name))
            object.__setattr__(self, parameter.name, value)

    def __str__(self) -> str:
        return specs.format_spec(self)

    def version(self) -> str:
        """What else than parameters and source determines the results: files read, a library that writes files."""
        return ""

    def _members(self) -> tuple[Component, ...]:
        """The components that this one is made of: itself, or the parts of a chain."""
        return (self,)

    @classmethod
    def description(cls) -> str:
        """The first line of the class's own docstring."""
        text = (cls.__dict__.get("__doc__") or "").strip()
        return text.splitlines()[0].rstrip(".") if text and not text.startswith(cls.__name__ + "(") else ""


# ── data sets ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Images:
    """What a data set gives: `n` images of one size, with whatever is known about them."""

    ids: Sequence[str]
    """`n` unique, stable names; splits and test-time randomness hang on them."""
    pixels: Tensor
    """uint8 `(n, 3, H, W)`, RGB."""
    masks: Tensor | None = None
    """bool `(n, 1, H, W)`, true on the face; a row without a true pixel means that this image has no mask."""
    attributes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Columns of `n` values (text, numbers or None for unknown) for fairness audits."""
    identities: Sequence[str] | None = None
    """`n` names of persons; if given, all images of one person fall into the same split."""
    splits: Sequence[Literal["train", "validation", "test"]] | None = None
    """`n` official splits; if given, they replace the hash."""
    skipped: Sequence[tuple[str, str]] = ()
    """(file, reason) of each image left out."""


class Dataset(Component, ABC):
    """A source of portraits."""

    @abstractmethod
    def load(self, size: int) -> Images:
        """All images at `size`×`size` pixels; called once, the harness caches the result. Raises DataError."""

    @property
    def label(self) -> str:
        """The name that boards and folders show: the spec, unless a data set has a shorter one that is as clear."""
        return str(self)


# ── degradations ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Degraded:
    """Degraded images, and what is known of how they came about."""

    images: Tensor
    """float32 `(N, C, H, W)`; the harness clamps them to [0, 1] and rounds them to 8 bits."""
    region: Tensor | None = None
    """bool `(N, 1, H, W)`: where the degradation acted, None for everywhere. `region=face` narrows it further."""
    truth: Mapping[str, Tensor] = field(default_factory=dict)
    """The parameters drawn, each with leading axis N; `invert` and non-blind models get them."""


@dataclass(frozen=True)
class Degradation(Component, ABC):
    """A way to spoil an image."""

    region: Literal["image", "face", "box"] = field(
        default="image",
        kw_only=True,
        metadata={"help": "where it acts: everywhere, inside the face mask, or in the face's bounding box"},
    )

    @abstractmethod
    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        """Degrade float32 `(N, C, H, W)` in [0, 1]; all randomness comes from `draw`. `clean` is a copy of its own.

        `draw.within(self.strength)` gives a value an image, `(N,)`, from a Range; use `.view(-1, 1, 1, 1)` to apply it.
        `draw.normal((C, H, W))` and `draw.uniform(low, high, (C, H, W))` give `(N, C, H, W)`. See `benchbench.Draw`.
        """

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        """The ideal inverse, knowing the parameters drawn (swirl: the swirl back). Override it where one exists."""
        raise NotImplementedError(f"{self.name} has no inverse")

    @property
    def has_oracle(self) -> bool:
        """Whether `invert` exists and applies (confined to a region, what was moved across its edge is lost)."""
        return type(self).invert is not Degradation.invert and self.region == "image"

    def flow(self, truth: Mapping[str, Tensor], height: int, width: int) -> Tensor:
        """The ideal inverse as displacements in pixels, `(N, 2, H, W)`: columns, rows. Override it where one exists.

        The inverse takes the pixel at p from p + flow(p) of the degraded image, even where that lies outside of it.
        """
        raise NotImplementedError(f"{self.name} moves no pixels")

    @property
    def has_flow(self) -> bool:
        """Whether `flow` exists and applies."""
        return type(self).flow is not Degradation.flow and self.region == "image"


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
NO_REGION = "needs face masks, or a degradation that acts in a region"
"""Why a metric of regions cannot be had where there is none; the data and the degradation never change that."""


@dataclass(frozen=True)
class Recipe:
    """How a model is trained. `epochs` and `patience` count under `--budget recipe`; other budgets replace them."""

    epochs: int = 100
    batch: int = 32
    lr: float = 1e-3
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    weight_decay: float = 0.0
    schedule: Literal["cosine", "plateau", "constant"] = "cosine"
    """cosine: linear warm-up over 2 % of the budget, then half a cosine; plateau: ReduceLROnPlateau on validation."""
    patience: int | None = None
    """Stop after this many epochs without a better validation loss; None never stops early."""
    flip: bool = True
    """Mirror each training image with probability one half, before it is degraded."""
    clip: float | None = None
    """Clip the norm of each optimizer's gradients to this value."""

    def __post_init__(self) -> None:
        """Raises SpecError for a value that cannot be trained with."""
        hints = get_type_hints(Recipe)
        for name in ("optimizer", "schedule"):
            if getattr(self, name) not in (legal := get_args(hints[name])):
                raise SpecError(f"Recipe({name}={getattr(self, name)!r}): it must be one of {', '.join(legal)}")
        for name in ("epochs", "batch"):
            if getattr(self, name) < 1:
                raise SpecError(f"Recipe({name}={getattr(self, name)}): it must be at least 1")


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


# ── metrics ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Metric(Component, ABC):
    """A score for each image."""

    higher_is_better: ClassVar[bool]
    signed: ClassVar[bool] = False
    """Whether the score is a shift: 0 is best, its sign tells the direction, and it never ranks models."""
    unit: ClassVar[str] = ""
    digits: ClassVar[int] = 4
    """Decimals that boards show."""
    order: ClassVar[int] = 100
    """Place among the columns of a board, lowest first."""
    ranks: ClassVar[bool] = False
    """Whether boards rank the models by this metric; only one installed metric may say so."""
    symmetric: ClassVar[bool] = True
    """Whether restored and clean image may change places; say False if it matters which is which."""
    regional: ClassVar[bool] = True
    """Whether the score can be confined to a region."""
    whole: ClassVar[bool] = True
    """Whether the score is given for whole images; otherwise in regions only, where NaN may say that there is none."""
    library: ClassVar[str] = ""
    """The library that computes the score or is its reference, by distribution name; results record its version."""
    compares: ClassVar[Literal["images", "flow"]] = "images"
    """flow: it gets the displacement fields `(N, 2, H, W)` of model and ideal inverse, not the images; see `flow`."""

    @abstractmethod
    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        """Scores `(N,)` of float32 `(N, C, H, W)` in [0, 1]; with `region` (bool `(N, 1, H, W)`), inside it only."""

    def unavailable(self, task: Task) -> str | None:
        """Why this metric cannot be had for this task ("needs vgg16-397923af.pth in …"), or None."""
        return None

    def inapplicable(self, task: Task, has_flow: bool) -> str | None:
        """Why it cannot be had on this task of a model that has, or has not, a displacement field; or None."""
        if self.compares == "flow" and not task.degradation.has_flow:
            return f"{task.degradation.name} has no displacement field"
        if self.compares == "flow" and not has_flow:
            return "only of models that estimate a displacement field"
        return self.unavailable(task)


# ── peers ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Peer:
    """Another library's way to do what a component does, for `benchbench speed` to time side by side."""

    of: str
    """Spec of the component, such as `swirl`: a degradation or a metric."""
    library: str
    """Its distribution name."""
    prepare: Callable[[Tensor, Any], Callable[[], Tensor]]
    """For a degradation `prepare(clean, truth)`, for a metric `prepare(restored, clean)`; images float32
    `(N, C, H, W)` in [0, 1]. Returns the call to be timed, which gives the degraded images or the scores `(N,)`;
    conversions of the input belong in `prepare`."""
    exact: bool = True
    """Whether it gives the same values (noise, drawn otherwise, does not)."""
