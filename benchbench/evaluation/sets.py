"""Score the restored test images as a whole set, by the metrics of sets, with the standard error of a bootstrap."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from ..contracts.model import Task
from ..contracts.seeding import generator
from ..contracts.set_metric import SetMetric
from ..data.degraded import DegradedSet
from ..devices import has_float64
from ..errors import TrialError, one_line
from ..results.record import FAILED, SetScore
from .restore import BATCH, Restored


@torch.no_grad()
def score_sets(
    restored: Restored, test_set: DegradedSet, metrics: Sequence[SetMetric], task: Task, device: torch.device
) -> tuple[dict[str, SetScore], dict[str, str]]:
    """Score the set by every metric; the second part says why it has no score by some of them.

    A metric that is unavailable, raises, or gives no finite number, has no score; the others stand.
    """
    found, unavailable = dict[str, SetScore](), dict[str, str]()
    for metric in metrics:
        try:
            reason = metric.inapplicable(task, False) or metric.too_few(len(test_set))
            score = reason or _score(metric, restored.images, test_set, device)
            if isinstance(score, SetScore):
                found[str(metric)] = score
            else:
                unavailable[str(metric)] = score
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin may raise anything; its metric is lost, not the trial
            unavailable[str(metric)] = f"{FAILED} {one_line(error)}"
    return found, unavailable


def _score(metric: SetMetric, images: Tensor, test_set: DegradedSet, device: torch.device) -> SetScore | str:
    """Score one set, or say why too few images can be described.

    Raises TrialError for what is no descriptor of each image, or no finite number.
    """
    starts = range(0, len(images), BATCH)
    device = device if has_float64(device) else torch.device("cpu")
    parts = [_described(metric, images[i : i + BATCH], test_set.clean[i : i + BATCH], device) for i in starts]
    restored, clean = (torch.cat(each) for each in zip(*parts, strict=True))
    persons = list(test_set.persons or range(len(test_set)))
    if metric.partial:
        known = [n for n in range(len(clean)) if not bool(restored[n].isnan().any() | clean[n].isnan().any())]
        restored, clean, persons = restored[known], clean[known], [persons[n] for n in known]
    if reason := metric.too_few(len(clean)):
        return reason
    value = _distance(metric, restored, clean)
    drawn = [_distance(metric, restored[rows], clean[rows]) for rows in resamples(persons, metric.draws)]
    return SetScore(value=value, error=float(np.std(drawn, ddof=1)), n=len(clean))


def _described(metric: SetMetric, images: Tensor, clean: Tensor, device: torch.device) -> tuple[Tensor, Tensor]:
    """Describe some restored images, and the clean ones; on the CPU."""
    images, clean, found = images.to(device), clean.to(device).float() / 255, list[Tensor]()
    for each in (images, clean):
        described = metric.describe(each, clean)
        if not isinstance(described, Tensor) or len(described) != len(clean):
            what = tuple(described.shape) if isinstance(described, Tensor) else type(described).__name__
            raise TrialError(f"described {len(clean)} images by {what}, not by a row for each")
        found.append(described.cpu())
    return found[0], found[1]


def _distance(metric: SetMetric, restored: Tensor, clean: Tensor) -> float:
    found = float(metric.distance(restored, clean))
    if not math.isfinite(found):
        raise TrialError(f"gave {found} for a set of {len(clean)} images")
    return found + 0.0  # which turns -0 into 0


def resamples(persons: Sequence[int], draws: int) -> Iterator[Tensor]:
    """Draw sets of as many persons, with replacement, and yield the positions of their images; the same for all models.

    Args:
        persons: Equal numbers for images of one person, or for others that go together.
        draws: How many sets.
    """
    _, number = np.unique(np.asarray(persons), return_inverse=True)
    order = torch.from_numpy(np.argsort(number, kind="stable"))
    images = order.split(np.bincount(number).tolist())  # of each person
    drawn = torch.randint(len(images), (draws, len(images)), generator=generator("bootstrap", len(images)))
    for some in drawn.tolist():
        yield torch.cat([images[person] for person in some])
