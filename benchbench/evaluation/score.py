"""Score every restored image by every metric, inside regions too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from ..contracts.metric import NO_REGION, Metric
from ..contracts.model import Task
from ..data.degraded import DegradedSet
from ..errors import TrialError, one_line
from .restore import BATCH, _true_flow

CPU_PIXELS = 2**17  # scored at once on a CPU: the maps of a few images stay in its cache, those of more do not


@dataclass(frozen=True)
class Scores:
    """Per-image scores (rows: image ids; columns: `psnr`, `psnr@region`, `psnr@face`, …) and what could not be had."""

    table: pd.DataFrame
    unavailable: dict[str, str]
    """Metric name -> reason."""


@torch.no_grad()
def score(
    restored: Tensor,
    pairs: DegradedSet,
    metrics: Sequence[Metric],
    task: Task,
    device: torch.device,
    batch: int | None = None,
    flow: Tensor | None = None,
) -> Scores:
    """Every metric on every image, whole and inside the region and the face; always in float32.

    A metric that is unavailable, raises, or gives a wrong shape loses its columns and states why; the others stand.
    `flow` is what `estimated_flow` gives.
    """
    batch = batch or scored_at_once(restored, device)
    regions: dict[str, Tensor | None] = {"": None, "@region": pairs.region, "@face": pairs.face}
    columns: dict[str, Tensor] = {}
    unavailable: dict[str, str] = {}
    for metric in metrics:
        try:
            if reason := metric.inapplicable(task, flow is not None):
                unavailable[str(metric)] = reason
                continue
            wanted = [s for s, r in regions.items() if (metric.whole if s == "" else r is not None and metric.regional)]
            if not wanted:
                unavailable[str(metric)] = NO_REGION
            compared = restored, pairs.clean
            if metric.compares == "flow" and flow is not None:
                compared = flow, _true_flow(pairs, task)
            for suffix in wanted:
                inside = regions[suffix]
                columns[f"{metric}{suffix}"] = _score_all(metric, *compared, pairs.ids, inside, device, batch)
        except Exception as error:  # a plugin may raise anything; its metric is lost, not the trial
            unavailable[str(metric)] = f"failed: {one_line(error)}"
            for suffix in regions:
                columns.pop(f"{metric}{suffix}", None)
    table = pd.DataFrame(
        {name: values.numpy() for name, values in columns.items()}, index=pd.Index(pairs.ids, name="id")
    )
    return Scores(table, unavailable)


def scored_at_once(images: Tensor, device: torch.device) -> int:
    """How many of `images` (N,C,H,W) metrics get at a time, so that their memory does not grow with N."""
    return max(1, CPU_PIXELS // images[0, 0].numel()) if device.type == "cpu" else BATCH


def _score_all(
    metric: Metric,
    restored: Tensor,
    true: Tensor,
    ids: Sequence[str],
    region: Tensor | None,
    device: torch.device,
    batch: int,
) -> Tensor:
    parts = []
    for start in range(0, len(ids), batch):
        rows = slice(start, start + batch)
        clean = true[rows].to(device)
        clean = clean.float() / 255 if clean.dtype == torch.uint8 else clean
        inside = None if region is None else region[rows].to(device)
        values = metric(restored[rows].to(device), clean, inside)
        if not isinstance(values, Tensor):
            raise TrialError(f"gave {type(values).__name__}, not a tensor of one score an image")
        if tuple(values.shape) != (len(clean),):
            raise TrialError(f"gave scores of shape {tuple(values.shape)} for {len(clean)} images")
        if region is None and bool(values.isnan().any()):
            raise TrialError(f"gave no number for {ids[start + int(values.isnan().nonzero()[0])]}")
        parts.append(values.double().cpu())
    return torch.cat(parts)


def means(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Mean, standard deviation and number of images of each column; images without the region are left out.

    Where some images are perfect and others not, a mean may be infinite, and then there is no deviation: NaN.
    """
    found = {}
    for name in table:
        values = table[name].dropna()
        if len(values):
            constant = float(values.min()) == float(values.max())  # also where all are infinite
            mean = float(values.mean())
            std = 0.0 if constant else float(values.std()) if math.isfinite(mean) else math.nan
            found[str(name)] = {"mean": mean, "std": std, "n": len(values)}
    return found
