"""Restoring: one clamp, what models may see, what codecs decode to, and failures that name the image."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from restoring import CPU, TASK, Doing, restored_by
from torch import Tensor, nn
from toys import Identity, Oracle

from benchbench import Codec, TrialError
from benchbench.data.degraded import DegradedSet
from benchbench.evaluation.restore import restore


def test_restored_images_are_clamped(pairs: DegradedSet) -> None:
    restored = restored_by(lambda x: x * 4 - 1, pairs).images
    assert float(restored.min()) == 0
    assert float(restored.max()) == 1


@pytest.mark.parametrize(("function", "message"), [
    (lambda x: x[:, :1], r"restored images are \(\d+, 1, 16, 16\)"),
    (lambda x: x[..., :-1], r"restored images are \(\d+, 3, 16, 15\)"),
    (lambda x: [x], "restored images are list"),
    (lambda x: x * math.nan, "not finite"),
    (lambda x: x / 0, "not finite"),
])  # fmt: skip
def test_bad_outputs_fail_the_trial(pairs: DegradedSet, function: Callable[[Tensor], Any], message: str) -> None:
    with pytest.raises(TrialError, match=message):
        restored_by(function, pairs)


def test_the_image_that_is_not_finite_is_named(pairs: DegradedSet) -> None:
    def spoil(images: Tensor) -> Tensor:
        images = images.clone()
        images[2, 0, 0, 0] = math.inf
        return images

    with pytest.raises(TrialError, match=pairs.ids[2]):
        restored_by(spoil, pairs)


def test_the_oracle_gets_the_truth_and_inverts_to_rounding(pairs: DegradedSet) -> None:
    restored = restore(Oracle(), Oracle().build(TASK), pairs, TASK, CPU).images
    clean = pairs.clean.float() / 255
    assert (
        float((restored - clean).abs().max()) <= 2 / 255 + 1e-6
    )  # half a step of 8 bits, over the factor, and rounded again


class Halving(nn.Module, Codec):
    """Stores every second level; its forward pass would give something else."""

    def forward(self, images: Tensor) -> Tensor:
        return images * 0

    def compress(self, images: Tensor) -> list[bytes]:
        return [(image * 127.5).round().byte().numpy().tobytes()[: 100 * (i + 1)] for i, image in enumerate(images)]

    def decompress(self, data: Sequence[bytes]) -> Tensor:
        return torch.stack([torch.full((3, 16, 16), len(d) / 25600) for d in data])


@pytest.fixture
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchbench.evaluation.restore.BATCH", 2)


@pytest.mark.usefixtures("two_at_once")
def test_a_codec_is_scored_by_what_its_bytes_decode_to(pairs: DegradedSet) -> None:
    restored = restore(Doing(), Halving(), pairs, TASK, CPU)
    assert restored.sizes[:4] == [100, 200, 100, 200]
    assert len(restored.sizes) == len(pairs)
    assert torch.equal(restored.images[1], torch.full((3, 16, 16), 2 / 255))


class Boxed(Halving):
    """The same in a container of seven bytes."""

    def payload(self, data: bytes) -> int:
        return len(data) - 7


@pytest.mark.usefixtures("two_at_once")
def test_a_codec_can_tell_its_headers_from_the_image(pairs: DegradedSet) -> None:
    plain, boxed = (restore(Doing(), module, pairs, TASK, CPU) for module in (Halving(), Boxed()))
    assert plain.payloads == plain.sizes == boxed.sizes
    assert boxed.payloads[:2] == [93, 193]
    rate = boxed.rate()
    assert rate is not None
    assert rate["bytes"] == pytest.approx(np.mean(boxed.sizes))
    assert rate["bits_per_pixel"] == pytest.approx(8 * np.mean(boxed.sizes) / 16**2)
    assert rate["payload_bits_per_pixel"] == pytest.approx(8 * (np.mean(boxed.sizes) - 7) / 16**2)


def test_other_models_have_no_rate(pairs: DegradedSet) -> None:
    assert restore(Identity(), nn.Identity(), pairs, TASK, CPU).rate() is None
