"""`benchbench.score`: the metrics alone, on images that somebody restored elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ..boards.estimates import estimate
from ..contracts.degradation import Degradation, Degraded
from ..contracts.metric import Metric
from ..contracts.model import Task
from ..contracts.seeding import Draw
from ..data.degraded import DegradedSet
from ..devices import resolved
from ..errors import DataError
from ..evaluation.restore import Restored
from ..evaluation.score import score as score_set
from ..running.plan import choose
from .pictures import Pictures, images_of
from .request import Specs, understood


@dataclass(frozen=True, repr=False)
class ImageScores:
    """Scores of each image, and their means with 95 % intervals: a table where a notebook shows it."""

    images: pd.DataFrame
    """A row per image, by its position; a column per metric; NaN where a metric cannot be had at an image's size."""
    unavailable: Mapping[str, str]
    """Metric -> why it has no scores, or none of some images."""

    @property
    def means(self) -> pd.DataFrame:
        """A row per metric: `mean`, the bounds `low` and `high` of its 95 % interval over images, and their number `n`.

        The interval is Student's: other images of the same kind would move the mean so far. Of one image it is NaN.
        """
        scores = self.images.to_numpy(float)[None]  # one model, of which nothing is trained
        bounds = estimate(scores, np.zeros(1, np.intp), np.zeros(1, bool), np.arange(len(self.images))).interval()
        low, high = (bound[0] for bound in bounds)
        found = {"mean": self.images.mean(), "low": low, "high": high, "n": self.images.notna().sum()}
        return pd.DataFrame(found, index=self.images.columns)

    def __getitem__(self, metric: str) -> float:
        """Return the mean by a metric. Raises KeyError, with the reason where it is unavailable."""
        if metric not in self.images:
            raise KeyError(self.unavailable.get(metric, metric))
        return float(self.images[metric].mean())

    def __repr__(self) -> str:
        lines = [self.means.to_string(float_format="{:.4f}".format)] if len(self.images.columns) else []
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
    tables, unavailable = [], dict[str, str]()
    for rows in groups.values():
        table, lacking = _score(left, right, rows, chosen, torch.device(resolved(device)))
        tables.append(table)
        unavailable |= lacking
    names = [str(metric) for metric in chosen if any(str(metric) in table for table in tables)]
    return ImageScores(pd.concat(tables).sort_index().reindex(columns=names), unavailable)


def _score(
    restored: list[Tensor], clean: list[Tensor], rows: list[int], metrics: list[Metric], device: torch.device
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Score the images of these positions, which have one size; return a row per image, and what could not be had."""
    images, truth = (torch.stack([given[row] for row in rows]) for given in (restored, clean))
    pair = DegradedSet([str(row) for row in rows], truth, truth, None, None, {})
    task = Task(min(images.shape[2:]), _Unknown())
    found = score_set(Restored(images.float() / 255), pair, metrics, task, device)
    return found.table.set_axis(pd.Index(rows, name="image")), found.unavailable
