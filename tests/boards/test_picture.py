"""A board's picture: the right images in the right places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import results
import torch
from PIL import Image

from benchbench.boards import Board, collect, write_boards
from benchbench.boards.picture import COLUMNS, picture_of, write_picture
from benchbench.boards.view import view_of
from benchbench.data.degraded import DegradedSet
from benchbench.evaluation.pictures import write_samples
from benchbench.images import GAP, LABEL, TILE

UNTRAINED: dict[str, Any] = {"training": None, "seed": None}
INPUT, TRUTH = 10, 250


def samples(folder: Path, restored: int, count: int, size: int) -> bytes:
    """A sample picture whose images have a level of grey a row, and one more in each column."""
    levels = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).expand(count, 3, size, size)
    pairs = DegradedSet([str(i) for i in range(count)], TRUTH - levels, INPUT + levels, None, None, {})
    folder.mkdir(exist_ok=True)
    write_samples(folder / "samples.png", pairs, (restored + levels) / 255, range(count))
    return (folder / "samples.png").read_bytes()


def board(tmp_path: Path, models: dict[str, float], count: int = 3, size: int = 16, **facts: Any) -> Board:
    """A board of models with these scores; the restored images of the first have level 100, of the next 120, …"""
    for position, (model, score) in enumerate(models.items()):
        picture = samples(tmp_path, 100 + 20 * position, count, size)
        results.write(tmp_path / "runs", {"peak": score}, model=model, size=size, samples=picture, **facts)
    [found] = collect(tmp_path / "runs")[0]
    return found


def drawn(shown: Board) -> np.ndarray:
    picture = picture_of(view_of(shown))
    assert picture is not None
    return np.asarray(picture)


def tiles(picture: np.ndarray, tile: int) -> np.ndarray:
    """The level of each tile, `(rows, columns)`; a tile of several levels is an error."""
    rows, columns = (picture.shape[0] - GAP) // (tile + GAP), (picture.shape[1] - LABEL) // (tile + GAP)
    levels = np.zeros((rows, columns), int)
    for row in range(rows):
        for column in range(columns):
            top, left = GAP + row * (tile + GAP), LABEL + column * (tile + GAP)
            [levels[row, column]] = np.unique(picture[top : top + tile, left : left + tile])
    return levels


def test_rows_are_the_input_the_models_from_best_to_worst_and_the_truth(tmp_path: Path) -> None:
    found = drawn(board(tmp_path, {"worse": 20, "best": 30, "worst": 10}))
    expected = np.array([[10, 11, 12], [120, 121, 122], [100, 101, 102], [140, 141, 142], [250, 249, 248]])
    assert np.array_equal(tiles(found, TILE), expected)


@pytest.mark.parametrize(("size", "tile"), [(16, 96), (31, 93), (64, 128), (200, 200)])
def test_images_are_enlarged_by_a_whole_factor(size: int, tile: int, tmp_path: Path) -> None:
    found = drawn(board(tmp_path, {"a": 20}, count=2, size=size))
    assert found.shape == (3 * (tile + GAP) + GAP, LABEL + 2 * (tile + GAP), 3)
    assert tiles(found, tile)[:, 0].tolist() == [10, 100, 250]


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (COLUMNS, COLUMNS), (COLUMNS + 5, COLUMNS)])
def test_no_more_columns_than_fit(count: int, columns: int, tmp_path: Path) -> None:
    found = drawn(board(tmp_path, {"a": 20}, count=count))
    assert tiles(found, TILE).shape == (3, columns)


def test_the_baseline_is_the_input_and_not_shown_twice(tmp_path: Path) -> None:
    board(tmp_path, {"identity": 15}, role="baseline", **UNTRAINED)
    found = drawn(board(tmp_path, {"a": 20}))
    assert tiles(found, TILE)[:, 0].tolist() == [10, 100, 250]


def test_without_samples_there_is_no_picture(tmp_path: Path) -> None:
    results.write(tmp_path / "runs")
    [found] = collect(tmp_path / "runs")[0]
    assert not write_picture(tmp_path / "board.webp", view_of(found))
    results.write(tmp_path / "failed", status="failed")
    [found] = collect(tmp_path / "failed")[0]
    assert not write_picture(tmp_path / "board.webp", view_of(found))
    assert not (tmp_path / "board.webp").exists()


@pytest.mark.parametrize("model", ["x" * 300, "a\nb\n" * 20, "\u202egnol", "<b>|", "模型", "\x00", "   "])
def test_no_label_reaches_into_the_images(model: str, tmp_path: Path) -> None:
    found = drawn(board(tmp_path, {model: 20.0}))
    assert tiles(found, TILE)[:, 0].tolist() == [10, 100, 250]


def test_a_label_is_drawn_beside_each_row(tmp_path: Path) -> None:
    found = drawn(board(tmp_path, {"a": 20, "b": 30}))
    labels = found[:, :LABEL]
    assert labels.shape[0] == 4 * (TILE + GAP) + GAP
    for row in range(4):
        assert labels[row * (TILE + GAP) : (row + 1) * (TILE + GAP)].min() < 100


def test_a_long_label_stays_beside_its_own_row(tmp_path: Path) -> None:
    labels = [drawn(board(tmp_path / model[:9], {model: 20}))[:, :LABEL] for model in ("a", "x" * 300)]
    others = np.r_[0 : TILE + GAP, 2 * (TILE + GAP) : 3 * (TILE + GAP)]  # of the input and the truth
    assert np.array_equal(labels[0][others], labels[1][others])
    assert not np.array_equal(labels[0], labels[1])


def test_pixels_are_enlarged_without_smoothing(tmp_path: Path) -> None:
    noise = torch.arange(3 * 16 * 16).mul(37).remainder(256).to(torch.uint8).view(1, 3, 16, 16)
    write_samples(tmp_path / "samples.png", DegradedSet(["0"], noise, noise, None, None, {}), noise / 255, [0])
    results.write(tmp_path / "runs", samples=(tmp_path / "samples.png").read_bytes())
    [found] = collect(tmp_path / "runs")[0]
    expected = noise[0].permute(1, 2, 0).repeat_interleave(6, 0).repeat_interleave(6, 1).numpy()
    assert np.array_equal(drawn(found)[GAP : GAP + TILE, LABEL : LABEL + TILE], expected)


def test_the_file_looks_like_what_was_drawn(tmp_path: Path) -> None:
    found = board(tmp_path, {"a": 20, "b": 30})
    assert write_picture(tmp_path / "board.webp", view_of(found))
    with Image.open(tmp_path / "board.webp") as picture:
        assert (picture.format, picture.mode) == ("WEBP", "RGB")
        away = np.abs(np.asarray(picture).astype(int) - drawn(found))
    assert away.mean() < 2


def test_boards_of_one_file_have_pictures_of_their_own(tmp_path: Path) -> None:
    board(tmp_path, {"a": 20})
    for size, way in ((32, "any-time"), (16, "recipe")):
        picture = samples(tmp_path, 100, 2, size)
        results.write(tmp_path / "runs", samples=picture, size=size, training=way)
    [path] = write_boards(collect(tmp_path / "runs")[0], tmp_path / "boards")
    text = path.read_text(encoding="utf-8")
    pictures = sorted(found.name for found in path.parent.glob("*.webp"))
    assert len(pictures) == 3
    assert all(f"({name})" in text for name in pictures)
