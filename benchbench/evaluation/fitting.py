"""Metrics that know of clean images: fitted to the training split once for a data set and a size, and cached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor

from ..contracts.digests import component_digest
from ..contracts.metric import Metric
from ..contracts.model import Task
from ..contracts.seeding import generator
from ..data.prepared import PreparedDataset, load
from ..errors import TrialError, one_line
from ..files import load_tensors, save_tensors
from ..results.record import FAILED

PART = 32  # images given at once


def fitted(metrics: Sequence[Metric], data: Path, task: Task) -> tuple[list[Metric], dict[str, str]]:
    """Fit those metrics that are to be, to the training images of a prepared data set, given by its folder.

    Returns all metrics, but for those whose `fit` raised something: metric -> "failed: …". The folder keeps what they
    were fitted to.
    """
    ready, failed = list[Metric](), dict[str, str]()
    for metric in metrics:
        try:
            ready.append(_fitted(metric, data) if metric.needs_fit and not metric.unavailable(task) else metric)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin may raise anything; its metric is lost, not the trial
            failed[str(metric)] = f"{FAILED} {one_line(error)}"
    return ready, failed


def _fitted(metric: Metric, data: Path) -> Metric:
    path = data / "fitted" / f"{component_digest(metric)}.safetensors"
    try:
        return metric.knowing(load_tensors(path))
    except (OSError, SafetensorError):  # not there yet, or damaged
        known = metric.fit(clean_images(load(data)))
    if not known or not all(isinstance(value, Tensor) for value in known.values()):
        raise TrialError(f"{metric.name}.fit gave {type(known).__name__}, not named tensors")
    save_tensors(path, known)
    return metric.knowing(known)


def clean_images(data: PreparedDataset) -> Iterator[Tensor]:
    """Give the clean training images, float32 `(n, 3, H, W)` in [0, 1], in an order drawn by a fixed name."""
    rows = torch.tensor(data.indices("train"), dtype=torch.long)
    for some in rows[torch.randperm(len(rows), generator=generator("fit metrics"))].split(PART):
        yield data.pixels[some].float() / 255
