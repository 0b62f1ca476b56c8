"""Restore the test set; the one place that clamps."""

from __future__ import annotations

import copy
import statistics
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..contracts.model import Codec, Model, Task
from ..data.batches import validation_batch
from ..data.degraded import DegradedSet
from ..errors import TrialError

BATCH = 32


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
def restore(model: Model, module: nn.Module, pairs: DegradedSet, device: torch.device, batch: int = BATCH) -> Restored:
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


def _true_flow(pairs: DegradedSet, task: Task) -> Tensor:
    return task.degradation.flow(pairs.truth, *pairs.clean.shape[-2:])


@torch.no_grad()
def estimated_flow(
    model: Model, module: nn.Module, pairs: DegradedSet, task: Task, device: torch.device, batch: int = BATCH
) -> Tensor | None:
    """The fields `(n, 2, H, W)` by which the test set is restored, in pixels; None unless model and task have them.

    Raises TrialError for a wrong shape, or a value that is not finite.
    """
    if not (model.has_flow and task.degradation.has_flow):
        return None
    true = _true_flow(pairs, task)
    if model.is_ideal:
        return true
    if model.is_baseline:
        return torch.zeros_like(true)
    starts = range(0, len(pairs), batch)
    inputs = (validation_batch(pairs, slice(start, start + batch), device) for start in starts)
    flow = torch.cat([model.flow(module, x.degraded, **x.side(model)).float().cpu() for x in inputs])
    if flow.shape != true.shape or not bool(flow.isfinite().all()):
        raise TrialError(f"its field is {tuple(flow.shape)} or not finite; it must be {tuple(true.shape)}")
    return flow
