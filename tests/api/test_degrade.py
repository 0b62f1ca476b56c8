"""One image, degraded from Python: the same as by the command."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sitters
import toys
from PIL import Image
from spoiling import spoil

import benchbench
from benchbench import Degraded
from benchbench.cli import main
from benchbench.photos import files
from benchbench.photos.framing import face_mask
from benchbench_plugins.degradations.pixelate import Pixelate


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    """A file of 60 × 90 px."""
    path = tmp_path / "someone.png"
    files.write(path, sitters.astronaut()[..., :90, 150:210])
    return path


def test_an_image_is_degraded_as_by_the_command(
    photograph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchbench.cli.options.load_registry", lambda *_, **__: toys.registry())
    with pytest.raises(SystemExit):
        main(["degrade", str(photograph), "--with", "grain", "--size", "32", "--seed", "3", "--out", str(tmp_path)])
    found = benchbench.degrade(photograph, "grain", size=32, seed=3)
    assert found.size == (32, 48)
    with Image.open(tmp_path / "someone-grain.png") as by_command:
        assert np.array_equal(by_command, found)


def test_a_picture_and_an_array_are_degraded_like_their_file(photograph: Path) -> None:
    with Image.open(photograph) as picture:
        given = [str(photograph), picture, np.asarray(picture), files.read(photograph)[0]]
        found = [np.asarray(benchbench.degrade(image, toys.Darken(0.5))) for image in given]
        levels = np.asarray(picture) / 2
    assert all(np.abs(one - levels).max() <= 0.5 for one in found)


def test_a_face_is_degraded_and_nothing_else() -> None:
    photo, face = sitters.astronaut(), sitters.FACE
    degraded = np.asarray(benchbench.degrade(photo[0], Pixelate(block=16, region="face"), faces=[face])) / 255
    changed = np.abs(degraded - photo[0].permute(1, 2, 0).numpy()).max(2) > 1 / 255
    inside = face_mask([face], 512, 512)[0, 0].numpy()
    assert changed[inside].mean() > 0.5
    assert not changed[~inside].any()


def test_a_degradation_that_gives_no_images_is_named(photograph: Path) -> None:
    nothing, floats = spoil(lambda clean, _: Degraded(clean * math.nan)), spoil(lambda clean, _: Degraded(clean.byte()))
    with pytest.raises(benchbench.TrialError, match=r"spoil gave values that are not finite on someone\.png"):
        benchbench.degrade(photograph, nothing)
    with pytest.raises(benchbench.TrialError, match=r"spoil gave torch\.uint8 images"):
        benchbench.degrade(photograph, floats)


def test_what_cannot_be_degraded_is_refused(photograph: Path) -> None:
    with pytest.raises(benchbench.SpecError, match="did you mean 'darken'"):
        benchbench.degrade(photograph, "darkn")
    with pytest.raises(benchbench.DataError, match=r"none\.png"):
        benchbench.degrade("none.png", "darken")
    with pytest.raises(benchbench.DataError, match=r"no face is found.*: faces=\[Face"):
        benchbench.degrade(np.zeros((16, 16, 3), np.uint8), Pixelate(block=2, region="face"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"image": np.zeros((2, 16, 16, 3))}, "give one image, not 2"),
        ({"image": [np.zeros((16, 16, 3))] * 3}, "give one image, not 3"),
        ({"image": []}, "give one image, not 0"),
        ({"degradation": []}, "give one degradation, not 0"),
        ({"degradation": ["pixelate", "swirl"]}, "give one degradation, not 2"),
        *(({"size": size}, f"from 8 to 4096, not {size}") for size in (0, 16.5, 5000)),
    ],
)
def test_what_is_not_one_image_one_degradation_or_a_size_is_told_in_a_line(given: dict[str, Any], told: str) -> None:
    with pytest.raises((benchbench.SpecError, benchbench.DataError), match=told) as error:
        benchbench.degrade(**{"image": np.zeros((16, 16, 3)), "degradation": "darken", **given})
    assert "\n" not in str(error.value)
