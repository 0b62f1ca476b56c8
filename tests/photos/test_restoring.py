"""Faces: found, framed as in training, restored where they suffer, put back; all else stays."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sitters
import torch
import toys
from torch.nn import functional as F

from benchbench import DataError, Task, TrialError
from benchbench.data.faces import Face, _dlib, find_degraded_faces, find_faces
from benchbench.images import as_bytes
from benchbench.photos.doubt import doubt_of
from benchbench.photos.framing import Frame, face_mask, fitted, frame_of, framing_of
from benchbench.photos.restorer import Restorer
from benchbench.photos.restoring import restore, restore_faces
from benchbench_plugins.degradations.pixelate import Pixelate

LEVELS = as_bytes(sitters.astronaut())[0]


@pytest.fixture(scope="module")
def restorer(tmp_path_factory: pytest.TempPathFactory) -> Restorer:
    return sitters.restorer(tmp_path_factory.mktemp("astronauts"))


def near(face: Face, other: Face) -> bool:
    return max(abs(face.x - other.x), abs(face.y - other.y), abs(face.side - other.side)) < 0.1 * other.side


@pytest.mark.parametrize("detector", ["best", "cascade"])
def test_detectors_mark_a_face_alike_at_any_size(detector: str) -> None:
    if detector == "best" and _dlib() is None:
        pytest.skip("the extra `faces` is not installed")
    for scale in (0.5, 4):
        photo = F.interpolate(sitters.astronaut(), scale_factor=scale, mode="bicubic").clamp(0, 1)
        found = find_faces(as_bytes(photo)[0], detector=detector)  # type: ignore[arg-type]
        assert near(found[0], Face(*(scale * v for v in sitters.FACE)))


@pytest.mark.parametrize("detector", ["best", "cascade"])
def test_where_no_face_is_none_is_found(detector: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    for picture in (noise, LEVELS[200:], np.zeros((20, 3000, 3), np.uint8)):
        assert find_faces(picture, detector=detector) == []  # type: ignore[arg-type]


def test_a_face_in_blocks_is_found_once() -> None:
    found = find_degraded_faces(as_bytes(sitters.pixelated(sitters.astronaut()[..., :300, :], 8))[0], [LEVELS[:300]])
    assert len(found) == 1
    assert found[0].overlaps(sitters.FACE)


def test_a_face_in_blocks_is_found_in_a_large_photograph() -> None:
    if _dlib() is None:
        pytest.skip("the extra `faces` is not installed")
    [found] = find_degraded_faces(as_bytes(sitters.far(12))[0])
    x, y, side = sitters.FACE
    assert found.overlaps(Face(300 + 2 * (x - 60), 300 + 2 * y, 2 * side))


def test_framing_is_measured_on_the_training_images(tmp_path: Path) -> None:
    framing = framing_of(sitters.training_images(tmp_path))
    assert framing is not None
    wanted = Face(88 / 176, 95 / 176, sitters.FACE.side / 176)
    assert np.allclose(framing, wanted, atol=0.05)
    frame = frame_of(sitters.FACE, framing, 512, 512)
    assert np.allclose(frame, (136, 20, 176), atol=16)


def test_a_frame_stays_inside_the_photograph() -> None:
    framing = framing_of_face(0.5, 0.5, 0.5)
    assert frame_of(Face(10, 10, 20), framing, 100, 80) == (0, 0, 40)
    assert frame_of(Face(75, 95, 20), framing, 100, 80) == (40, 60, 40)
    assert frame_of(Face(40, 50, 60), framing, 100, 80) == (0, 10, 80)


def framing_of_face(x: float, y: float, side: float):  # type: ignore[no-untyped-def]
    from benchbench.photos.framing import Framing

    return Framing(x, y, side)


@pytest.mark.parametrize(("left", "top", "side"), [(138, 12, 168), (130, 25, 184)])
def test_a_frame_is_fitted_to_the_blocks(left: int, top: int, side: int) -> None:
    photo, mask = sitters.pixelated(sitters.astronaut()[..., 3:, 5:], 22), face_mask([Face(32, 32, 30)], 64, 64)
    found = fitted(photo, Frame(left, top, side), Pixelate(block=8), 64, mask)
    assert abs(found.side / 8 - 22) < 0.3
    for edge in (found.left, found.top):
        assert abs((edge + 11) % 22 - 11) <= 1.5  # the blocks begin at its edges


def test_a_clean_photograph_moves_no_frame() -> None:
    frame, mask = Frame(138, 12, 168), face_mask([Face(32, 32, 30)], 64, 64)
    assert fitted(sitters.astronaut(), frame, Pixelate(block=8), 64, mask) == frame


def test_a_face_gains_and_the_rest_stays_to_the_bit(restorer: Restorer) -> None:
    clean = sitters.astronaut()
    mask = face_mask([sitters.FACE], 512, 512)
    photo = torch.where(mask, sitters.pixelated(clean, 22), clean)
    restored, (face,) = restore_faces(photo, restorer, [sitters.FACE])
    assert not face.doubted
    assert sitters.psnr(restored, clean, mask) > sitters.psnr(photo, clean, mask) + 0.3
    larger = face_mask([Face(*sitters.FACE[:2], 1.3 * sitters.FACE.side)], 512, 512).expand_as(photo)
    assert torch.equal(restored[~larger], photo[~larger])


def test_of_two_faces_the_clean_one_is_left_alone(restorer: Restorer) -> None:
    clean = torch.cat([sitters.astronaut(), sitters.astronaut()], 3)
    photo = torch.cat([sitters.pixelated(sitters.astronaut(), 22), sitters.astronaut()], 3)
    second = Face(sitters.FACE.x + 512, *sitters.FACE[1:])
    restored, faces = restore_faces(photo, restorer, [sitters.FACE, second])
    assert [face.doubted for face in faces] == [False, True]
    assert torch.equal(restored[..., 512:], clean[..., 512:])
    restored, _ = restore_faces(photo, restorer, [second], anyway=True)
    assert not torch.equal(restored[..., 512:], clean[..., 512:])


def test_the_rest_is_untouched_at_the_edge_of_a_photograph(restorer: Restorer) -> None:
    photo = sitters.pixelated(sitters.astronaut()[..., 60:, 190:], 22)
    face = Face(sitters.FACE.x - 190, sitters.FACE.y - 60, sitters.FACE.side)
    restored, _ = restore_faces(photo, restorer, [face], anyway=True)
    assert restored.shape == photo.shape
    assert torch.equal(restored[..., 300:, :], photo[..., 300:, :])


def test_a_doubt_lies_between_what_is_degraded_and_what_is_not() -> None:
    draw = torch.Generator().manual_seed(0)
    clean, everywhere = torch.rand((20, 3, 16, 16), generator=draw), torch.ones(1, 1, 16, 16, dtype=torch.bool)
    degraded = toys.Darken(0.5).apply(clean, toys.SeededDraw(0, "x", ["a"] * 20)).images  # type: ignore[arg-type]
    brighten = lambda images: (images * 2).clamp(0, 1)  # noqa: E731
    doubt = doubt_of(clean, degraded, brighten, toys.Darken(0.5), everywhere)  # type: ignore[arg-type]
    assert doubt is not None
    assert doubt(0.2)
    assert not doubt(doubt.usual)
    same = doubt_of(clean, clean, brighten, toys.Darken(0.5), everywhere)  # type: ignore[arg-type]
    assert same is None  # nothing tells them apart


def test_images_that_are_gone_or_show_no_faces_are_told(tmp_path: Path, restorer: Restorer) -> None:
    images = toys.unread(tmp_path, size=64)
    for found, message in (
        (images, "no faces are found in the images of toy-faces"),
        (None, "for the cache has lost them"),
    ):
        other = Restorer(*(getattr(restorer, n) for n in ("result", "model", "task", "module", "score")))
        vars(other).update(images=found, result=result_of(tmp_path))
        with pytest.raises(DataError, match=message):
            restore_faces(sitters.astronaut(), other, [sitters.FACE])


def result_of(folder: Path):  # type: ignore[no-untyped-def]
    from types import SimpleNamespace

    return SimpleNamespace(record=SimpleNamespace(trial=SimpleNamespace(dataset="astronauts")), folder=folder)


class SquaresOnly(torch.nn.Module):
    def forward(self, degraded: torch.Tensor) -> torch.Tensor:
        if degraded.shape[2:] != (16, 16):
            raise RuntimeError("squares of 16 px only")
        return degraded * 1.0


@pytest.mark.parametrize("shape", [(16, 16), (16, 40), (53, 16)])
def test_a_model_of_squares_is_led_over_the_whole_image(shape: tuple[int, int]) -> None:
    image = torch.rand((1, 3, *shape), generator=torch.Generator().manual_seed(0))
    restorer = Restorer(None, toys.TinyConv(), Task(16, toys.Darken()), SquaresOnly(), "")  # type: ignore[arg-type]
    assert torch.allclose(restore(image, restorer), image, atol=1e-5)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (lambda x: x * math.nan, "tiny-conv: the restored photograph has values that are not finite"),
        (lambda x: (x * 255).byte(), "tiny-conv: restored images are torch.uint8, not of a floating-point type"),
        (lambda x: (SquaresOnly()(x) * 255).byte(), "tiny-conv: restored images are torch.uint8"),
        (lambda x: x[:, :1], r"tiny-conv: restored images are \(1, 1, 16, 16\), not \(1, 3, 16, 16\)"),
        (lambda x: (x,), "tiny-conv: restored images are tuple"),
    ],
)
def test_a_model_that_gives_no_image_is_named(answer: Callable[[torch.Tensor], object], complaint: str) -> None:
    class Broken(torch.nn.Module):
        def forward(self, degraded: torch.Tensor) -> object:
            return answer(degraded)

    restorer = Restorer(None, toys.TinyConv(), Task(16, toys.Darken()), Broken(), "")  # type: ignore[arg-type]
    with pytest.raises(TrialError, match=complaint):
        restore(torch.rand(1, 3, 16, 40), restorer)


@pytest.mark.parametrize("answer", [None, (1,)])
def test_a_model_that_gives_no_tensor_is_refused_at_once(answer: object) -> None:
    calls = []

    class Silent(torch.nn.Module):
        def forward(self, degraded: torch.Tensor) -> object:
            calls.append(degraded.shape)
            return answer

    restorer = Restorer(None, toys.TinyConv(), Task(16, toys.Darken()), Silent(), "")  # type: ignore[arg-type]
    with pytest.raises(TrialError, match=f"tiny-conv: restored images are {type(answer).__name__}"):
        restore(torch.rand(1, 3, 16, 40), restorer)
    assert calls == [(1, 3, 16, 40)]


def test_want_of_memory_is_no_reason_for_squares() -> None:
    class Greedy(torch.nn.Module):
        def forward(self, degraded: torch.Tensor) -> torch.Tensor:
            raise torch.OutOfMemoryError("out of memory")

    restorer = Restorer(None, toys.TinyConv(), Task(16, toys.Darken()), Greedy(), "")  # type: ignore[arg-type]
    with pytest.raises(torch.OutOfMemoryError):
        restore(torch.rand(1, 3, 16, 40), restorer)
