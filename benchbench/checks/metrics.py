"""The laws of metrics."""

from __future__ import annotations

import copy
from functools import cached_property
from itertools import pairwise

import torch
from torch import Tensor

from ..contracts.metric import Metric
from ..contracts.model import Task
from . import component, fixtures
from .law import NotApplicable, law, laws_of, require, require_close, require_line, require_tensor

SIZES = (8, 16, 31, 48, 63, 96, 128, 192, 256)
CLOSE = 1e-4
STRENGTHS = (0.0, 0.1, 0.4, 1.0)


class MetricCase(component.ImageCase):
    """A metric, tried at the first size for which it is available."""

    component: Metric
    output = "the scores"
    sides = tuple((size, size) for size in SIZES)

    @cached_property
    def side(self) -> int:
        """The size at which it is tried; `size` if it is available at none."""
        return next((s for s in (self.size, *SIZES) if self.reason(s) is None), self.size)

    def reason(self, size: int, channels: int = 3) -> str | None:
        return self.component.unavailable(Task(size, fixtures.Softening(), channels))

    def unavailable(self) -> str | None:
        """Say why it cannot be tried: there is no face in what these laws paint."""
        if (reason := super().unavailable()) or not self.component.partial:
            return reason
        return "it has no score for painted patterns" if bool(self.answer()[1].isnan().all()) else None

    @cached_property
    def ready(self) -> Metric:
        """The metric, fitted to pictures if it is to be."""
        if not self.component.needs_fit:
            return self.component
        return self.component.knowing(self.component.fit(iter([self.clean(24).cpu()])))

    def answer(self) -> tuple[Tensor, Tensor]:
        clean = self.clean()
        return clean, self.score(noisy(clean), clean)

    def works(self, n: int, height: int, width: int, channels: int = 3) -> None:
        clean = self.clean(n, height, width, channels)
        scores = self.score(noisy(clean), clean)
        what = f"{n} images of {channels} channels at {height} px"
        require_tensor(scores, f"the scores of {what}", (n,))
        self.require_number(scores, f"{what} score")

    def score(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
        """Score images; a metric that needs a region gets one of all pixels."""
        if region is None and not self.component.whole:
            region = torch.ones_like(clean[:, :1], dtype=torch.bool)
        with torch.no_grad():
            return self.ready(restored, clean, region)

    def worth(self, scores: Tensor) -> Tensor:
        """Turn scores so that more is better; of a shift, whichever way, less is."""
        if self.component.signed:
            return -scores.abs()
        return scores if self.component.higher_is_better else -scores

    def better(self, one: Tensor, other: Tensor) -> bool:
        """Tell whether each score of `one` is better than that of `other`."""
        return bool((self.worth(one) > self.worth(other)).all())

    def require_number(self, scores: Tensor, what: str) -> None:
        """Raise Broken for NaN or infinity, unless the metric says that it may have none for a whole image."""
        require(not self.component.whole or bool(scores.isfinite().all()), f"{what} {scores.tolist()}")

    def regional(self) -> Tensor:
        """Make a region for four images. Raises NotApplicable for a metric of whole images."""
        if not self.component.regional:
            raise NotApplicable("it scores whole images only")
        return fixtures.disc(4, self.side).to(self.device)


def noisy(clean: Tensor) -> Tensor:
    """Damage images visibly, without wrecking them."""
    return fixtures.damaged(clean, "noise", 0.3)


@law("return None where the metric can be had, else one line that says what it needs", essential=True, always=True)
def says_why_not(case: MetricCase) -> None:
    """`unavailable` gives None or one line for every size, and raises nothing."""
    for size in (case.size, *SIZES):
        require_line(case.reason(size))


@law("reduce over channels and pixels, never over the batch: `.flatten(1).mean(1)`", essential=True)
def gives_a_score_an_image(case: MetricCase) -> None:
    """N images get N scores."""
    _, found = case.answer()
    require_tensor(found, "the scores of 4 images", (4,))


keeps_the_device = law("make constants with `clean.new_tensor(…)`", essential=True)(component.keeps_the_device)
keeps_the_dtype = law("compute in whatever precision it takes, and return float32")(component.keeps_the_dtype)


@law("work on copies: no in-place operation on the images or the region", essential=True)
def leaves_its_input_alone(case: MetricCase) -> None:
    """Neither the images nor the region are changed."""
    given = {"restored": noisy(case.clean()), "clean": case.clean()}
    given |= {"region": case.regional()} if case.component.regional else {}
    before = copy.deepcopy(given)
    case.score(*given.values())
    for what, images in given.items():
        require_close(images, before[what], f"the {what} images")


@law("use no global generator: draw by `benchbench.generator('a fixed text')` if there must be chance", essential=True)
def follows_the_seed(case: MetricCase) -> None:
    """The same images get the same score, to the bit."""
    found = []
    for seed in (1, 2):
        with fixtures.global_seed(seed):
            found.append(case.answer()[1])
    require_close(found[1], found[0], "scores of the same images")


@law("add a small constant to denominators and under roots and logarithms: infinity and NaN are no scores")
def always_gives_a_number(case: MetricCase) -> None:
    """Flat images, equal or as different as can be, get a finite number too."""
    black = torch.zeros_like(case.clean())
    for restored, clean, what in ((black, black + 1, "black for white"), (black, black, "black for black")):
        case.require_number(case.score(restored, clean), f"{what} gives")


@law("let identical images give one constant, whatever they show (0 for a distance, 1 for a similarity)")
def has_one_best_value(case: MetricCase) -> None:
    """All identical pairs get one and the same score."""
    if not case.component.full_reference:
        raise NotApplicable("it says full_reference = False: what the image shows is what it scores")
    clean = case.clean()
    if case.component.whole:
        clean = torch.cat([clean, torch.zeros_like(clean[:1]), torch.ones_like(clean[:1])])
    scores = case.score(clean.clone(), clean)
    require_close(scores, scores[:1].expand_as(scores), f"scores of identical images ({scores.tolist()})", CLOSE)


@law("check `higher_is_better`, and the sign of the score", essential=True)
def prefers_the_better_image(case: MetricCase) -> None:
    """No damage scores better than none, and some damage scores worse the stronger it is."""
    clean = case.clean()
    noticed = []
    for kind in fixtures.DAMAGES:
        scores = [case.score(fixtures.damaged(clean, kind, s), clean) for s in STRENGTHS]
        for strength, score in zip(STRENGTHS[1:], scores[1:], strict=True):
            found = f"{kind} of strength {strength:g} scores {score.tolist()}, no damage {scores[0].tolist()}"
            gain = case.worth(score) - case.worth(scores[0])
            require(not case.component.full_reference or not bool((gain > CLOSE).any()), found)
        noticed += [kind] * all(case.better(less, more) for less, more in pairwise(scores))
    require(bool(noticed), f"neither more {', more '.join(fixtures.DAMAGES)} scores steadily worse")


@law("say `symmetric = False` if it is meant to matter which image is which")
def is_symmetric_as_it_says(case: MetricCase) -> None:
    """Restored and clean images may change places (and a shift its sign), unless it says `symmetric = False`."""
    if not case.component.symmetric:
        raise NotApplicable("it says that it is not symmetric")
    clean = case.clean()
    one, other = case.score(noisy(clean), clean), case.score(clean, noisy(clean))
    what = f"scores with the images swapped ({one.tolist()} and {other.tolist()})"
    require_close(-other if case.component.signed else other, one, what, CLOSE)


@law("mix no images of a batch")
def treats_each_image_alone(case: MetricCase) -> None:
    """Neither batch size nor order changes an image's score."""
    clean = case.clean()
    restored = torch.cat([noisy(clean[:2]), clean[2:]])
    whole = case.score(restored, clean)
    halves = torch.cat([case.score(restored[i : i + 2], clean[i : i + 2]) for i in (0, 2)])
    require_close(halves, whole, f"scores in batches of 2 and of 4 ({halves.tolist()}, {whole.tolist()})", CLOSE)
    backwards = case.score(restored.flip(0), clean.flip(0)).flip(0)
    require_close(backwards, whole, "scores in turned order", CLOSE)


takes_a_single_image = law("keep the batch axis: no `squeeze()` without an axis")(component.takes_a_single_image)
takes_greyscale = law(
    "take the number of channels from the images' shape, or say in `unavailable` that it needs colour"
)(component.takes_greyscale)
takes_any_size = law("crop or pad what windows and strides leave over, or say in `unavailable` which sizes it needs")(
    component.takes_any_size
)


@law("a region of all pixels is the whole image; say `regional = False` if the score cannot be confined")
def region_may_be_everything(case: MetricCase) -> None:
    """Inside a region of all pixels the score is that of the whole image."""
    clean, everywhere = case.clean(), torch.ones_like(case.regional())
    inside, whole = case.score(noisy(clean), clean, everywhere), case.score(noisy(clean), clean)
    require_close(inside, whole, f"scores ({inside.tolist()} inside, {whole.tolist()} of the whole)", CLOSE)


@law("give NaN for an image whose region is empty, and count it for no other")
def region_may_be_empty(case: MetricCase) -> None:
    """An image whose region is empty gets NaN, and the others their scores."""
    clean, region = case.clean(), case.regional()
    region[1] = False
    scores = case.score(noisy(clean), clean, region)
    require(scores.isnan().tolist() == [False, True, False, False], f"with the second region empty: {scores.tolist()}")


@law("count the pixels (or windows) inside the region only")
def region_confines_the_score(case: MetricCase) -> None:
    """Damage inside the region counts for more than the same damage outside."""
    clean, region = case.clean(), case.regional()
    spoiled = noisy(clean)
    inside = case.score(torch.where(region, spoiled, clean), clean, region)
    outside = case.score(torch.where(region, clean, spoiled), clean, region)
    require(case.better(outside, inside), f"damage inside: {inside.tolist()}, outside: {outside.tolist()}")


LAWS = (*component.LAWS, *laws_of(globals()))
