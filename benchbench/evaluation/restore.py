"""Restore the test set; the one place where what is scored is clamped, and rounded to 8 bits."""

from __future__ import annotations

import copy
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..contracts.applying import to_8bit
from ..contracts.model import BASELINE, IDEAL, Batch, Codec, Model, Task
from ..data.degraded import DegradedSet
from ..errors import TrialError

BATCH = 32


@dataclass(frozen=True)
class Restored:
    """A restored test set."""

    images: Tensor
    """float32 `(n, 3, H, W)` on the CPU, clamped to [0, 1] and rounded to 8 bits: what a user would save."""
    flow: Tensor | None = None
    """How the model moved pixels, `(n, 2, H, W)`; None unless model and degradation have displacement fields."""
    sizes: Sequence[int] = ()
    """Bytes that each image was stored in, if the module is a codec."""
    payloads: Sequence[int] = ()
    """The same without containers and headers."""

    def rate(self) -> dict[str, Any] | None:
        """Average bytes per image and bits per pixel, with headers and without, and list the bytes of each image.

        None if the module is no codec.
        """
        if not self.sizes:
            return None
        whole, payload = (statistics.fmean(sizes) for sizes in (self.sizes, self.payloads))
        bits = 8 / (self.images.shape[-2] * self.images.shape[-1])
        return {
            "bytes": whole,
            "bits_per_pixel": whole * bits,
            "payload_bytes": payload,
            "payload_bits_per_pixel": payload * bits,
            "sizes": list(self.sizes),
        }


@torch.no_grad()
def restore(model: Model, module: nn.Module, test_set: DegradedSet, task: Task, device: torch.device) -> Restored:
    """Restore the test set; a codec's images are those that a copy decodes from its bytes.

    Raises TrialError for images or a displacement field of a wrong shape, or with a value that is not finite.
    """
    module.eval()
    parts, sizes, payloads = [], list[int](), list[int]()
    for start, inputs in _batches(test_set, device):
        if isinstance(module, Codec):
            decoder = copy.deepcopy(module)  # which has seen nothing of what it is to decode
            files = module.compress(inputs.degraded)
            sizes += [len(file) for file in files]
            payloads += [module.payload(file) for file in files]
            restored = decoder.decompress(files)
        else:
            restored = module(inputs.degraded, **inputs.side(model))
        parts.append(to_8bit(check_restored(restored, inputs.clean.shape, test_set.ids[start:])).contiguous())
    return Restored(torch.cat(parts), _flow(model, module, test_set, task, device), sizes, payloads)


def _batches(test_set: DegradedSet, device: torch.device) -> Iterator[tuple[int, Batch]]:
    for start in range(0, len(test_set), BATCH):
        yield start, test_set.batch(slice(start, start + BATCH), device)


def check_restored(restored: object, shape: torch.Size, names: Sequence[str]) -> Tensor:
    """Return what a module gave as float32 `(N, C, H, W)` on the CPU.

    Raises TrialError for what is no tensor of that shape and of a floating-point type, and for values that are not
    finite, with the name of the first image that has one.
    """
    if not isinstance(restored, Tensor) or restored.shape != shape:
        found = tuple(restored.shape) if isinstance(restored, Tensor) else type(restored).__name__
        raise TrialError(f"restored images are {found}, not {tuple(shape)}")
    if not restored.is_floating_point():
        raise TrialError(f"restored images are {restored.dtype}, not of a floating-point type")
    restored = restored.float().cpu()
    finite = torch.isfinite(restored).flatten(1).all(1)
    if not finite.all():
        raise TrialError(f"the restored {names[int((~finite).nonzero()[0])]} has values that are not finite")
    return restored


def true_flow(test_set: DegradedSet, task: Task) -> Tensor:
    """Compute the displacement fields of the ideal inverse, `(n, 2, H, W)`, in pixels."""
    return task.degradation.flow(test_set.truth, *test_set.clean.shape[-2:])


def _flow(model: Model, module: nn.Module, test_set: DegradedSet, task: Task, device: torch.device) -> Tensor | None:
    if not (model.has_flow and task.degradation.has_flow):
        return None
    true = true_flow(test_set, task)
    if model.role == IDEAL:
        return true
    if model.role == BASELINE:
        return torch.zeros_like(true)
    batches = (batch for _, batch in _batches(test_set, device))
    flow = torch.cat([model.flow(module, x.degraded, **x.side(model)).float().cpu() for x in batches])
    if flow.shape != true.shape or not bool(flow.isfinite().all()):
        raise TrialError(f"its field is {tuple(flow.shape)} or not finite; it must be {tuple(true.shape)}")
    return flow
