"""Score every restored image by every metric, inside regions too, and all of them together by the metrics of sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import torch
from torch import Tensor

from ..contracts.metric import NO_REGION, NOT_FITTED, Metric
from ..contracts.model import Task
from ..contracts.set_metric import SetMetric
from ..data.degraded import DegradedSet
from ..devices import has_float64
from ..errors import TrialError, one_line
from ..results.record import FAILED, SetScore
from ..results.scores import FACE, REGION, WHOLE
from .restore import BATCH, Restored, true_flow
from .sets import score_sets

CPU_PIXELS = 2**17  # scored at once on a CPU: the maps of a few images stay in its cache, those of more do not


@dataclass(frozen=True)
class Scores:
    """The scores of each image, and the metrics that could not be had."""

    table: pd.DataFrame
    """Rows: image ids; columns: `psnr`, `psnr@region`, `psnr@face`, …"""
    unavailable: dict[str, str]
    """Metric name -> reason."""
    sets: Mapping[str, SetScore] = field(default_factory=dict)
    """Metric of sets -> its score of all images together, which has no column."""


@torch.no_grad()
def score(
    restored: Restored, test_set: DegradedSet, metrics: Sequence[Metric], task: Task, device: torch.device
) -> Scores:
    """Score every image by every metric, whole and inside the region and the face; always in float32.

    A metric that is unavailable, raises, or gives a wrong shape loses its columns and states why; the others stand.
    """
    columns: dict[str, Tensor] = {}
    of_sets = [metric for metric in metrics if isinstance(metric, SetMetric)]
    sets, unavailable = score_sets(restored, test_set, of_sets, task, device)
    for metric in (metric for metric in metrics if metric not in of_sets):
        try:
            found, reason = _score_by(metric, restored, test_set, task, device)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin may raise anything; its metric is lost, not the trial
            found, reason = {}, f"{FAILED} {one_line(error)}"
        columns |= found
        unavailable |= {str(metric): reason} if reason else {}
    table = pd.DataFrame({name: v.numpy() for name, v in columns.items()}, pd.Index(test_set.ids, name="id"))
    return Scores(table, unavailable, sets)


def _score_by(
    metric: Metric, restored: Restored, test_set: DegradedSet, task: Task, device: torch.device
) -> tuple[dict[str, Tensor], str | None]:
    """Score every image by one metric: column -> scores `(n,)`; or no column, and why there is none."""
    reason = metric.inapplicable(task, restored.flow is not None)
    if reason or (metric.needs_fit and not metric.known):
        return {}, reason or NOT_FITTED
    regions: dict[str, Tensor | None] = {WHOLE: None, REGION: test_set.region, FACE: test_set.face}
    wanted = [s for s, r in regions.items() if (metric.whole if s == WHOLE else r is not None and metric.regional)]
    if not wanted:
        return {}, NO_REGION
    compared = restored.images, test_set.clean
    if metric.compares == "flow" and restored.flow is not None:
        compared = restored.flow, true_flow(test_set, task)
    columns: dict[str, Tensor] = {}
    for suffix in wanted:
        values = _score_all(metric, compared, regions[suffix], device)
        may_lack = suffix != WHOLE or metric.partial  # NaN: an empty region, or no face
        bad = values.isinf() if may_lack else ~values.isfinite()
        if bad.any():
            raise TrialError(f"gave no finite number for {test_set.ids[int(bad.nonzero()[0])]}")
        columns[f"{metric}{suffix}"] = values
    if metric.partial and columns[str(metric)].isnan().all():
        raise TrialError("no test image has what it scores")
    return columns, None


def scored_at_once(images: Tensor, device: torch.device) -> int:
    """Count the images `(N, C, H, W)` that metrics get at a time, so that their memory does not grow with N."""
    return max(1, CPU_PIXELS // images[0, 0].numel()) if device.type == "cpu" else BATCH


def _score_all(metric: Metric, compared: tuple[Tensor, Tensor], region: Tensor | None, device: torch.device) -> Tensor:
    device = device if has_float64(device) else torch.device("cpu")  # metrics may compute in it
    batch, parts = scored_at_once(compared[0], device), []
    for start in range(0, len(compared[0]), batch):
        rows = slice(start, start + batch)
        restored, clean = (images[rows].to(device) for images in compared)
        clean = clean.float() / 255 if clean.dtype == torch.uint8 else clean
        values = metric(restored, clean, None if region is None else region[rows].to(device))
        if not isinstance(values, Tensor):
            raise TrialError(f"gave {type(values).__name__}, not a tensor of one score per image")
        if tuple(values.shape) != (len(clean),):
            raise TrialError(f"gave scores of shape {tuple(values.shape)} for {len(clean)} images")
        parts.append(values.cpu().double() + 0.0)  # which turns -0 into 0
    return torch.cat(parts)


def means(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Compute mean, standard deviation and number of images of each column, leaving out images without the region."""
    found = {}
    for name in table:
        values = table[name].dropna()
        if len(values):
            std = float(values.std()) if len(values) > 1 else 0.0
            found[str(name)] = {"mean": float(values.mean()), "std": std, "n": len(values)}
    return found
