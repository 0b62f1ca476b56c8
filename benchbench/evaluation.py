"""Evaluation: restore the test set, clamp once, score every image by every metric, inside regions too."""

from __future__ import annotations

import copy
import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor, nn

from .batches import validation_batch
from .degrading import Pairs
from .errors import TrialError, one_line
from .interfaces import NO_REGION, Codec, Metric, Model, Task
from .memory import peak_memory

BATCH = 32
CPU_PIXELS = 2**17  # scored at once on a CPU: the maps of a few images stay in its cache, those of more do not


@dataclass(frozen=True)
class Scores:
    """Per-image scores (rows: image ids; columns: `psnr`, `psnr@region`, `psnr@face`, …) and what could not be had."""

    table: pd.DataFrame
    unavailable: dict[str, str]
    """Metric name -> reason."""


@dataclass(frozen=True)
class Restored:
    """A restored test set."""

    images: Tensor
    """float32 `(n, 3, H, W)` on the CPU, clamped to [0, 1]."""
    sizes: list[int] | None = None
    """Bytes that each image was stored in, if the module is a codec."""
    payloads: list[int] | None = None
    """The same without containers and headers."""

    def rate(self) -> dict[str, float] | None:
        """Mean bytes of an image and bits of a pixel, with headers and without; None if the module is no codec."""
        if self.sizes is None or self.payloads is None:
            return None
        whole, payload = (statistics.fmean(sizes) for sizes in (self.sizes, self.payloads))
        bits = 8 / (self.images.shape[-2] * self.images.shape[-1])
        return {
            "bytes": whole,
            "bits_per_pixel": whole * bits,
            "payload_bytes": payload,
            "payload_bits_per_pixel": payload * bits,
        }


@torch.no_grad()
def restore(model: Model, module: nn.Module, pairs: Pairs, device: torch.device, batch: int = BATCH) -> Restored:
    """The test set restored; the one place that clamps. A codec's images are those that a copy decodes from its bytes.

    Raises TrialError for a wrong shape, or a value that is not finite.
    """
    module.eval()
    parts, sizes, payloads = [], list[int](), list[int]()
    for start in range(0, len(pairs), batch):
        inputs = validation_batch(pairs, slice(start, start + batch), device)
        if isinstance(module, Codec):
            decoder = copy.deepcopy(module)  # which has seen nothing of what it is to decode
            files = module.compress(inputs.degraded)
            sizes += [len(file) for file in files]
            payloads += [module.payload(file) for file in files]
            restored = decoder.decompress(files)
        else:
            restored = module(inputs.degraded, **inputs.side(model))
        if not isinstance(restored, Tensor) or restored.shape != inputs.clean.shape:
            shape = tuple(restored.shape) if isinstance(restored, Tensor) else type(restored).__name__
            raise TrialError(f"restored images are {shape}, not {tuple(inputs.clean.shape)}")
        if not restored.is_floating_point():
            raise TrialError(f"restored images are {restored.dtype}, not of a floating-point type")
        restored = restored.float().cpu()
        finite = torch.isfinite(restored).flatten(1).all(1)
        if not finite.all():
            raise TrialError(
                f"restored {pairs.ids[start + int((~finite).nonzero()[0])]} has values that are not finite"
            )
        parts.append(restored.clamp(0, 1).contiguous())
    return Restored(torch.cat(parts), *((sizes, payloads) if isinstance(module, Codec) else ()))


def _true_flow(pairs: Pairs, task: Task) -> Tensor:
    return task.degradation.flow(pairs.truth, *pairs.clean.shape[-2:])


@torch.no_grad()
def estimated_flow(
    model: Model, module: nn.Module, pairs: Pairs, task: Task, device: torch.device, batch: int = BATCH
) -> Tensor | None:
    """The fields `(n, 2, H, W)` by which the test set is restored, in pixels; None unless model and task have them.

    Raises TrialError for a wrong shape, or a value that is not finite.
    """
    if not (model.has_flow and task.degradation.has_flow):
        return None
    true = _true_flow(pairs, task)
    if model.role:
        return true if model.role == "ideal" else torch.zeros_like(true)
    starts = range(0, len(pairs), batch)
    inputs = (validation_batch(pairs, slice(start, start + batch), device) for start in starts)
    flow = torch.cat([model.flow(module, x.degraded, **x.side(model)).float().cpu() for x in inputs])
    if flow.shape != true.shape or not bool(flow.isfinite().all()):
        raise TrialError(f"its field is {tuple(flow.shape)} or not finite; it must be {tuple(true.shape)}")
    return flow


@torch.no_grad()
def score(
    restored: Tensor,
    pairs: Pairs,
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


@torch.no_grad()
def time_inference(model: Model, module: nn.Module, pairs: Pairs, device: torch.device) -> dict[str, float]:
    """Milliseconds an image for a single image and for a batch: median over repeats after warm-up, synchronised."""
    found: dict[str, float] = {}
    for n in (1, min(BATCH, len(pairs))):
        inputs = validation_batch(pairs, slice(0, n), device)
        side = inputs.side(model)
        times: list[float] = []
        while len(times) < 3 or (len(times) < 50 and sum(times) < 0.25):
            synchronise(device)
            before = time.perf_counter()
            module(inputs.degraded, **side)
            synchronise(device)
            times.append(time.perf_counter() - before)
        found[f"batch_{n}"] = 1000 * statistics.median(times[1:]) / n
    return found


@torch.no_grad()
def inference_memory(model: Model, module: nn.Module, pairs: Pairs, device: torch.device) -> int | None:
    """Peak bytes that restoring a batch takes beyond weights and inputs; None where the system does not tell."""
    inputs = validation_batch(pairs, slice(0, BATCH), device)
    with peak_memory(device) as peak:
        module(inputs.degraded, **inputs.side(model))
    return peak.bytes


def synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
