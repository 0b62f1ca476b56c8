"""Components that keep all laws, and their twins that each break the one law of which they are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from broken_models import Greedy, Hinged, Silent, SomeModel, Store
from regional import Inside
from torch import Tensor
from torch.nn import functional as F

from benchbench import Dataset, Degradation, Degraded, Draw, Images, Metric, SetMetric, Task, generator, param
from benchbench.contracts.component import Component

# ── degradations ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class SomeDegradation(Degradation):
    """Darkens a disc, each image by its own factor, and breaks one law."""

    name = "some-degradation"

    law: str = param("", "the law that it breaks")

    def apply(self, clean: Tensor, draw: Draw) -> Any:
        factor = draw.uniform(0.4, 0.6)
        found = Degraded(*darkened(clean, factor.view(-1, 1, 1, 1)), {"factor": factor})
        return broken_degraded(self.law, clean, found)

    def invert(self, degraded: Tensor, truth: Mapping[str, Tensor]) -> Tensor:
        factor = truth["factor"].view(-1, 1, 1, 1)
        return darkened(degraded, factor if self.law == "inverse-inverts" else 1 / factor)[0]


def darkened(images: Tensor, factor: Tensor) -> tuple[Tensor, Tensor]:
    rows, columns = (torch.linspace(-1, 1, side) for side in images.shape[2:])
    region = (rows[:, None] ** 2 + columns**2 < 0.5).expand(len(images), 1, -1, -1)
    return torch.where(region, images * factor, images), region


def broken_degraded(law: str, clean: Tensor, found: Degraded) -> Any:
    images, region = found.images, found.region
    assert region is not None
    match law:
        case "gives-degraded-images":
            return images
        case "keeps-the-shape":
            return replace(found, images=images[..., 1:])
        case "keeps-the-device":
            return replace(found, images=images.to("meta"))
        case "keeps-the-dtype":
            return replace(found, images=images.double())
        case "gives-finite-values":
            return replace(found, images=images / clean.amax((1, 2, 3), keepdim=True))
        case "keeps-the-range":
            return replace(found, images=255 * images, region=None)
        case "region-is-a-mask":
            return replace(found, region=region.float())
        case "truth-has-a-row-an-image":
            return replace(found, truth={"factor": found.truth["factor"][:1]})
        case "region-is-where-it-acts":
            return replace(found, region=~region)
        case "truth-tells-nothing-of-the-picture":
            return replace(found, truth={**found.truth, "thumbnail": F.avg_pool2d(clean, 4)})
        case "treats-each-image-alone":
            return replace(found, images=images + 0.1 * clean.mean(0))
        case "follows-the-seed":
            return replace(found, images=images + 0.1 * torch.rand_like(images))
        case "ignores-the-memory-format":
            return replace(found, images=images + 0 * clean.view(len(clean), -1).sum())
        case "takes-a-single-image":
            return replace(found, images=images.squeeze(0))
        case "takes-any-size":
            return replace(found, images=images + 0 * F.pixel_shuffle(F.pixel_unshuffle(clean, 2), 2))
        case "takes-greyscale":
            return replace(found, images=images + 0 * clean[:, 2:3])
    return found


@dataclass(frozen=True)
class Denying(SomeDegradation):
    """Says that it degrades nothing."""

    name = "denying"
    degrades: ClassVar[bool] = False


@dataclass(frozen=True)
class Undescribed(SomeDegradation):
    name = "undescribed"


@dataclass(frozen=True, eq=False)
class Unequal(SomeDegradation):
    """Equal to itself alone."""

    name = "unequal"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def local_degradation() -> Degradation:
    @dataclass(frozen=True)
    class Local(SomeDegradation):
        """Unknown to other processes."""

        name = "local"

    return Local()


# ── metrics ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class SomeMetric(Metric):
    """Mean absolute error, and a broken law."""

    name = "some-metric"
    higher_is_better = False

    law: str = param("", "the law that it breaks")

    def unavailable(self, task: Task) -> Any:
        return 42 if self.law == "says-why-not" else None

    def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        error = (restored - clean).abs()
        if region is None:
            return broken_score(self.law, error.mean((1, 2, 3)), restored, clean)
        within, pixels = (error * region).sum((1, 2, 3)), clean.shape[1] * region.sum((1, 2, 3))
        match self.law:
            case "region-may-be-everything":
                return 3 * within / pixels
            case "region-may-be-empty":
                return within / pixels.clamp(min=1)
            case "region-confines-the-score":
                return error.mean((1, 2, 3)) + 0 * within / pixels
        return broken_score(self.law, within / pixels, restored, clean)


def broken_score(law: str, error: Tensor, restored: Tensor, clean: Tensor) -> Tensor:
    match law:
        case "gives-a-score-an-image":
            return error.mean()
        case "keeps-the-device":
            return error.to("meta")
        case "keeps-the-dtype":
            return error.double()
        case "leaves-its-input-alone":
            restored.zero_()
        case "follows-the-seed":
            return error + torch.rand_like(error)
        case "always-gives-a-number":
            return error + 0 * (0.9 - error).sqrt()
        case "has-one-best-value":
            return error + 0.1 * (restored + clean).mean((1, 2, 3))
        case "prefers-the-better-image":
            return -error
        case "is-symmetric-as-it-says":
            return error * clean.mean((1, 2, 3))
        case "treats-each-image-alone":
            return error - 0.5 * error.nanmean()
        case "takes-a-single-image":
            return error.squeeze()
        case "takes-greyscale":
            return error + 0 * clean[:, 2].mean()
        case "takes-any-size":
            return error + 0 * F.avg_pool2d(clean, 20).mean()
    return error


@dataclass(frozen=True)
class SomeSetMetric(SetMetric):
    """How far the mean and the deviation of the pixels are apart, and a broken law."""

    name = "some-set-metric"
    higher_is_better = False

    law: str = param("", "the law that it breaks")

    def unavailable(self, task: Task) -> Any:
        return 42 if self.law == "says-why-not" else None

    def describe(self, images: Tensor, clean: Tensor) -> Tensor:
        found = torch.stack([images.mean((1, 2, 3)), images.std((1, 2, 3))], 1)
        match self.law:
            case "describes-each-image":
                return found.mean(0, keepdim=True)
            case "describes-each-image-alone":
                return found - images.mean()
            case "takes-greyscale":
                return found + 0 * images[:, 2].mean()
            case "takes-any-size":
                return found + 0 * F.avg_pool2d(images, 20).mean()
        return found

    def distance(self, restored: Tensor, clean: Tensor) -> Any:
        apart = float((restored - clean).mean(0).abs().sum())
        match self.law:
            case "gives-one-number":
                return (restored - clean).abs()
            case "leaves-its-input-alone":
                restored.zero_()
            case "follows-the-seed":
                return apart + float(torch.rand(()))
            case "scores-a-set":
                return float((restored - clean).abs().mean())
            case "always-gives-a-number":
                return apart / float(clean[:, 1].mean() > 0) if apart else apart
            case "prefers-the-better-set":
                return -apart
            case "is-symmetric-as-it-says":
                return apart * float(restored.mean())
        return apart


# ── data sets ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class SomeDataset(Dataset):
    """Noise with masks and ages, and a broken law."""

    name = "some-dataset"

    law: str = param("", "the law that it breaks")

    def load(self, size: int) -> Any:
        n = 3 if self.law == "splits-are-filled" else 60
        noise = torch.rand(n, 3, size, size, generator=generator(self.name))
        found = Images(
            [f"noise-{i}" for i in range(n)],
            (255 * noise).to(torch.uint8),
            noise[:, :1] > 0.5,
            {"age": list(range(n))},
        )
        return broken_images(self.law, found, size)


def broken_images(law: str, found: Images, size: int) -> Any:
    n = len(found.ids)
    match law:
        case "loads-or-says-why-not":
            raise FileNotFoundError("noise.zip")
        case "pixels-are-rgb-squares":
            return replace(found, pixels=found.pixels.float())
        case "ids-are-unique":
            return replace(found, ids=["noise-0", *found.ids[:-1]])
        case "masks-are-masks":
            return replace(found, masks=found.pixels[:, :1])
        case "columns-have-a-value-an-image":
            return replace(found, attributes={"age": list(range(n - 1))})
        case "attributes-are-plain":
            return replace(found, attributes={"age": [{i} for i in range(n)]})
        case "loads-the-same-again":
            return replace(found, pixels=torch.randint(0, 255, found.pixels.shape, dtype=torch.uint8))
        case "loads-at-any-size":
            return replace(found, ids=[f"{name}-{size}" for name in found.ids])
    return found


# ── all of them ──────────────────────────────────────────────────────────────────────────────────────────────────────

GOOD: list[Component] = [
    SomeModel(), Store(), Hinged(), SomeDegradation(), SomeMetric(), SomeSetMetric(), Inside(), SomeDataset(),
]  # fmt: skip
PARAMETRIC = {
    "model": SomeModel, "degradation": SomeDegradation, "metric": SomeMetric, "metric of sets": SomeSetMetric,
    "dataset": SomeDataset,
}  # fmt: skip
SPECIAL: dict[str, Component] = {
    "says-whether-it-degrades": Denying(),
    "says-whether-it-compresses": Silent(),
    "is-described": Undescribed(),
    "spec-gives-it-back": Unequal(),
    "can-be-pickled": local_degradation(),
    "asks-for-what-it-may-see": Greedy(),
    "decodes-what-it-stores": Store(leaks=True),
}


def breaker(kind: str, law: str) -> Component:
    """The component that breaks this law of this kind."""
    return SPECIAL.get(law) or PARAMETRIC[kind](law)
