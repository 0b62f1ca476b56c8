"""`benchbench.score`: the metrics alone, on images that somebody restored elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ..boards.estimates import estimate, estimate_sets
from ..contracts.degradation import Degradation, Degraded
from ..contracts.metric import Metric
from ..contracts.model import Task
from ..contracts.seeding import Draw
from ..contracts.set_metric import SetMetric
from ..data.degraded import DegradedSet
from ..devices import resolved
from ..errors import DataError
from ..evaluation.restore import Restored
from ..evaluation.score import Scores
from ..evaluation.score import score as score_set
from ..results.record import SetScore
from ..running.plan import choose
from .pictures import Pictures, images_of
from .request import Specs, understood

_ONE = np.zeros(1, np.intp), np.zeros(1, bool)  # model, of which nothing is trained


@dataclass(frozen=True, repr=False)
class ImageScores:
    """Scores of each image, and their means with 95 % intervals: a table where a notebook shows it."""

    images: pd.DataFrame
    """A row per image, by its position; a column per metric; NaN where a metric cannot be had at an image's size."""
    unavailable: Mapping[str, str]
    """Metric -> why it has no scores, or none of some images."""
    sets: Mapping[str, SetScore] = field(default_factory=dict)
    """Metric of sets -> its score of all images together, and the standard error of that."""

    @property
    def means(self) -> pd.DataFrame:
        """A row per metric: `mean`, the bounds `low` and `high` of its 95 % interval over images, and their number `n`.

        The interval is Student's: other images of the same kind would move the mean so far. Of one image it is NaN. A
        metric of sets has its score in place of a mean.
        """
        scores = self.images.to_numpy(float)[None]  # one model, of which nothing is trained
        low, high = estimate(scores, *_ONE, np.arange(len(self.images))).interval()
        found = {"mean": self.images.mean(), "low": low[0], "high": high[0], "n": self.images.notna().sum()}
        table = pd.DataFrame(found, index=self.images.columns)
        if not self.sets:
            return table
        values, errors, counts = np.array([[s.value, s.error, s.n] for s in self.sets.values()], float).T[:, None]
        low, high = estimate_sets(values, errors, counts, *_ONE).interval()
        rows = {"mean": values[0], "low": low[0], "high": high[0], "n": counts[0].astype(int)}
        return pd.concat([table, pd.DataFrame(rows, index=list(self.sets))])

    def __getitem__(self, metric: str) -> float:
        """Return the mean by a metric, or the set's score. Raises KeyError, with the reason where it is unavailable."""
        if metric in self.sets:
            return self.sets[metric].value
        if metric not in self.images:
            raise KeyError(self.unavailable.get(metric, metric))
        return float(self.images[metric].mean())

    def __repr__(self) -> str:
        lines = [self.means.to_string(float_format="{:.4f}".format)] if len(self.images.columns) or self.sets else []
        return "\n".join(lines + [f"{name}: {reason}" for name, reason in self.unavailable.items()])

    def _repr_html_(self) -> str:
        html: str = self.means.to_html(float_format="{:.4f}".format)
        return html


@dataclass(frozen=True)
class _Unknown(Degradation):
    """However the images were degraded: metrics are told of a task, and here it is not known."""

    name = "unknown"

    def apply(self, clean: Tensor, draw: Draw) -> Degraded:
        return Degraded(clean)


def score(restored: Pictures, clean: Pictures, metrics: Specs = (), device: str = "auto") -> ImageScores:
    """Score restored images against the clean ones, as boards do: clamped, rounded to 8 bits, each image by itself.

    An array or tensor is one image of three axes, or several of four; a list may mix sizes, arrays, tensors, pictures
    of Pillow and paths. uint8 is 0 to 255; floats are 0 to 1. The channels are an image's first axis if that has length
    3, `(N, 3, H, W)`, and else its last, `(N, H, W, 3)`.

    >>> import numpy as np
    >>> import benchbench as bb
    >>> clean = np.zeros((8, 32, 32, 3), np.uint8)
    >>> found = bb.score(clean + np.uint8(1), clean, metrics=["psnr", "mae"])
    >>> round(found["psnr"], 2)  # 20 log10 255
    48.13
    >>> found.means.loc["mae", ["mean", "low", "high", "n"]].round(4).tolist()
    [0.0039, 0.0039, 0.0039, 8.0]

    :param restored: The images to score.
    :param clean: As many clean ones, each of the same size as its restored one.
    :param metrics: Specs, components or classes; by default all but slow ones.
    :param device: Where the metrics are computed: cpu, cuda, or auto.
    :raises DataError: What are no images, or not as many, or of other sizes.
    :raises SpecError: An unknown metric.
    """
    left, right = images_of(restored), images_of(clean)
    if len(left) != len(right) or not left:
        raise DataError(f"{len(left)} restored images for {len(right)} clean ones")
    for position, (one, other) in enumerate(zip(left, right, strict=True)):
        if one.shape != other.shape:
            sizes = " and ".join(f"{image.shape[2]}×{image.shape[1]}" for image in (one, other))
            raise DataError(f"image {position}: restored and clean have different sizes, {sizes} px")
    known, specs = understood({"metric": metrics})
    chosen = choose(known, "metric", specs.get("metric", ()))
    groups: dict[torch.Size, list[int]] = {}
    for position, image in enumerate(left):
        groups.setdefault(image.shape, []).append(position)
    unavailable = dict[str, str]()
    if len(groups) > 1:
        unavailable |= {str(m): "scores a set of images of one size" for m in chosen if isinstance(m, SetMetric)}
        chosen = [metric for metric in chosen if not isinstance(metric, SetMetric)]
    found = [_score(left, right, rows, chosen, torch.device(resolved(device))) for rows in groups.values()]
    for part in found:
        unavailable |= part.unavailable
    names = [str(metric) for metric in chosen if any(str(metric) in part.table for part in found)]
    images = pd.concat([part.table for part in found]).sort_index().reindex(columns=names)
    return ImageScores(images, unavailable, found[0].sets)


def _score(
    restored: list[Tensor], clean: list[Tensor], rows: list[int], metrics: list[Metric], device: torch.device
) -> Scores:
    """Score the images of these positions, which have one size."""
    images, truth = (torch.stack([given[row] for row in rows]) for given in (restored, clean))
    pair = DegradedSet([str(row) for row in rows], truth, truth, None, None, {})
    task = Task(min(images.shape[2:]), _Unknown())
    found = score_set(Restored(images.float() / 255), pair, metrics, task, device)
    return replace(found, table=found.table.set_axis(pd.Index(rows, name="image")))
