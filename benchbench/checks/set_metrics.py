"""The laws of metrics that score whole sets of images."""

from __future__ import annotations

import copy
from itertools import pairwise

import torch
from torch import Tensor

from ..contracts.set_metric import SetMetric
from . import component, fixtures
from .law import NotApplicable, law, laws_of, require, require_close, require_finite, require_tensor
from .metrics import CLOSE, SIZES, STRENGTHS, MetricCase, noisy, says_why_not

IMAGES = 12
__all__ = ["LAWS", "SetMetricCase", "says_why_not"]


class SetMetricCase(MetricCase):
    """A metric of sets, tried on fewer images than it may want: they tell whether it is sound, not how models do."""

    component: SetMetric
    sides = tuple((size, size) for size in SIZES if size <= 128)

    def clean(self, n: int = IMAGES, height: int = 0, width: int = 0, channels: int = 3) -> Tensor:
        """Make a set of pictures."""
        return super().clean(n, height, width, channels)

    def unavailable(self) -> str | None:
        """Say why it cannot be tried: there is no face in what these laws paint."""
        reason = self.reason(self.side)
        if reason or not self.component.partial or not bool(self.described(self.clean(), self.clean()).isnan().any()):
            return reason
        return "it cannot describe painted patterns"

    def described(self, images: Tensor, clean: Tensor) -> Tensor:
        """Describe images, which must give a finite row for each."""
        with torch.no_grad():
            found = self.component.describe(images, clean)
        require_tensor(found, f"the descriptors of {len(images)} images")
        require(found.ndim > 0 and len(found) == len(images), f"{len(images)} images are described by {_shape(found)}")
        if not self.component.partial:
            require_finite(found, "the descriptors")
        return found

    def value(self, restored: Tensor, clean: Tensor) -> float:
        """Score a set as the harness does."""
        ours, theirs = (self.described(images, clean).cpu() for images in (restored, clean))
        return self.of(ours, theirs)

    def of(self, ours: Tensor, theirs: Tensor) -> float:
        """Score descriptors."""
        with torch.no_grad():
            found = self.component.distance(ours, theirs)
        require(isinstance(found, float | int), f"the score is {type(found).__name__}, not a number")
        require(abs(found) < float("inf"), f"the score is {found}")
        return float(found)

    def works(self, n: int, height: int, width: int, channels: int = 3) -> None:
        clean = self.clean(max(n, IMAGES), height, width, channels)
        self.value(noisy(clean), clean)

    def close(self, one: float, other: float, what: str) -> None:
        """Raise Broken if two scores differ by more than rounding."""
        require_close(torch.tensor(one), torch.tensor(other), f"{what} ({one}, {other})", CLOSE)


def _shape(found: Tensor) -> str:
    return f"a tensor of shape {tuple(found.shape)}"


@law("return a tensor whose first axis is the batch's: `(N, …)`, finite", essential=True)
def describes_each_image(case: SetMetricCase) -> None:
    """N images get N descriptors."""
    clean = case.clean()
    case.described(noisy(clean), clean)


@law("reduce the descriptors of the set to one float", essential=True)
def gives_one_number(case: SetMetricCase) -> None:
    """A set gets one finite number."""
    clean = case.clean()
    case.value(noisy(clean), clean)


@law("work on copies: no in-place operation on images or descriptors", essential=True)
def leaves_its_input_alone(case: SetMetricCase) -> None:
    """Neither the images nor their descriptors are changed."""
    images = {"restored images": noisy(case.clean()), "clean images": case.clean()}
    before = copy.deepcopy(images)
    ours, theirs = (case.described(each, images["clean images"]).cpu() for each in images.values())
    given = images | {"restored descriptors": ours, "clean descriptors": theirs}
    before |= {name: value.clone() for name, value in given.items() if name not in images}
    case.of(ours, theirs)
    for what, value in given.items():
        require_close(value, before[what], f"the {what}")


@law("use no global generator: draw by `benchbench.generator('a fixed text')` if there must be chance", essential=True)
def follows_the_seed(case: SetMetricCase) -> None:
    """The same set gets the same score, to the bit."""
    found, clean = [], case.clean()
    for seed in (1, 2):
        with fixtures.global_seed(seed):
            found.append(case.value(noisy(clean), clean))
    require(found[0] == found[1], f"the same set scores {found[0]} and {found[1]}")


@law("mix no images of a batch in `describe`")
def describes_each_image_alone(case: SetMetricCase) -> None:
    """Neither batch size nor order changes an image's descriptor."""
    clean = case.clean()
    whole = case.described(noisy(clean), clean)
    halves = [case.described(noisy(clean)[rows], clean[rows]) for rows in (slice(0, 5), slice(5, None))]
    require_close(torch.cat(halves), whole, "descriptors in smaller batches", CLOSE)
    require_close(case.described(noisy(clean).flip(0), clean.flip(0)).flip(0), whole, "those in turned order", CLOSE)


@law("let no image count for its place in the set: it is a set, not a list")
def scores_a_set(case: SetMetricCase) -> None:
    """The order of the images changes nothing, not even if the clean ones have another."""
    clean = case.clean()
    ours, theirs = case.described(noisy(clean), clean).cpu(), case.described(clean, clean).cpu()
    case.close(case.of(ours.flip(0), theirs), case.of(ours, theirs), "scores in another order")


@law("add a small constant to denominators and under roots and logarithms: infinity and NaN are no scores")
def always_gives_a_number(case: SetMetricCase) -> None:
    """Flat images, and sets in which one image stands for all, get a finite number too."""
    clean = case.clean()
    black = torch.zeros_like(clean)
    for restored, other in ((black, black + 1), (black, black), (clean[:1].expand_as(clean), clean)):
        case.value(restored, other)


@law("check `higher_is_better`, and the sign of the score", essential=True)
def prefers_the_better_set(case: SetMetricCase) -> None:
    """No damage scores better than none, and some damage scores worse the stronger it is."""
    clean, noticed = case.clean(), []
    sign = 1 if case.component.higher_is_better else -1
    for kind in fixtures.DAMAGES:
        worth = [sign * case.value(fixtures.damaged(clean, kind, strength), clean) for strength in STRENGTHS]
        require(max(worth) <= worth[0] + CLOSE, f"{kind} of strengths {STRENGTHS} scores {[sign * w for w in worth]}")
        noticed += [kind] * all(more < less for less, more in pairwise(worth))
    require(bool(noticed), f"neither more {', more '.join(fixtures.DAMAGES)} scores steadily worse")


@law("say `symmetric = False` if it is meant to matter which set is which")
def is_symmetric_as_it_says(case: SetMetricCase) -> None:
    """Restored and clean sets may change places, unless it says `symmetric = False`."""
    if not case.component.symmetric:
        raise NotApplicable("it says that it is not symmetric")
    clean = case.clean()
    ours, theirs = case.described(noisy(clean), clean).cpu(), case.described(clean, clean).cpu()
    case.close(case.of(theirs, ours), case.of(ours, theirs), "scores with the sets swapped")


takes_greyscale = law(
    "take the number of channels from the images' shape, or say in `unavailable` that it needs colour"
)(component.takes_greyscale)
takes_any_size = law("crop or pad what windows and strides leave over, or say in `unavailable` which sizes it needs")(
    component.takes_any_size
)

LAWS = (*component.LAWS, *laws_of(globals()))
