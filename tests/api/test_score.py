"""Metrics alone: one rule for what an array holds, and intervals that other images would respect."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import toys
from PIL import Image
from scipy import stats

import benchbench
from benchbench.api.pictures import images_of

CLEAN = np.random.default_rng(0).integers(0, 256, (5, 20, 24, 3)).astype(np.uint8)
RESTORED = np.random.default_rng(1).integers(0, 256, (5, 20, 24, 3)).astype(np.uint8)
ERRORS = np.abs(RESTORED.astype(float) - CLEAN).mean((1, 2, 3)) / 255


def as_tensor(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255


FORMS = {
    "NHWC bytes": lambda images: images,
    "NCHW bytes": lambda images: torch.from_numpy(images).permute(0, 3, 1, 2),
    "NCHW floats": as_tensor,
    "NHWC float64": lambda images: images / 255,
    "a list of pictures": lambda images: [Image.fromarray(image) for image in images],
    "a list of tensors": lambda images: list(as_tensor(images)),
    "with a gradient": lambda images: as_tensor(images).requires_grad_(),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_score_is_that_of_the_pixels_in_whatever_form_they_come(form: str) -> None:
    found = benchbench.score(FORMS[form](RESTORED), CLEAN, metrics=toys.MeanError)
    assert found.images[toys.MeanError.name].to_numpy() == pytest.approx(ERRORS, abs=1e-6)


def test_the_interval_is_students() -> None:
    found = benchbench.score(RESTORED, CLEAN, metrics=toys.MeanError).means.loc[toys.MeanError.name]
    expected = stats.t.interval(0.95, 4, ERRORS.mean(), stats.sem(ERRORS))
    assert (found["low"], found["high"]) == pytest.approx(expected, abs=1e-6)


def test_images_of_several_sizes_are_scored_each_by_itself_and_stay_in_order() -> None:
    restored, clean = [RESTORED[0], RESTORED[1, :18, :18], RESTORED[2]], [CLEAN[0], CLEAN[1, :18, :18], CLEAN[2]]
    found = benchbench.score(restored, clean, metrics=toys.MeanError).images[toys.MeanError.name]
    assert found.tolist() == pytest.approx(
        [benchbench.score(*p, metrics=toys.MeanError)[toys.MeanError.name] for p in zip(restored, clean, strict=True)]
    )


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (RESTORED.astype(np.float32), "reach from 0 to 255: give uint8, or divide by 255"),
        (RESTORED.astype(np.int64), "not torch.int64"),
        (RESTORED[..., 0], "grey is to be RGB"),
        (RESTORED[:3], "3 restored images for 5 clean ones"),
        (RESTORED[:, :18], "different sizes, 24×18 and 24×20 px"),
        (np.full((5, 20, 24, 3), np.nan), "not finite"),
        (3, "int is no image"),
    ],
)
def test_what_cannot_be_scored_is_refused(given: object, complaint: str) -> None:
    with pytest.raises(benchbench.DataError, match=complaint):
        benchbench.score(given, CLEAN)  # type: ignore[arg-type]


def test_a_little_overshoot_of_a_network_is_clamped_as_a_file_would() -> None:
    [image] = images_of(torch.full((3, 8, 8), 1.2))
    assert (image == 255).all()
