"""Results from strangers: whatever their files hold, boards are written, or one line says why they were left out."""

from __future__ import annotations

import copy
import io
import json
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import results
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import bomb
from PIL import Image

from benchbench.boards import Board, collect, write_boards
from benchbench.errors import DataError
from benchbench.evaluation.pictures import read_samples
from benchbench.files import file_digest, write_json
from benchbench.photos import files
from benchbench.results import store
from benchbench.results.layout import slug

SLOW = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
HISTORY = "epoch,step,images,flops,seconds,lr,train_loss,validation_loss,validation_psnr\n" + "".join(
    f"{i}.0,{i},32,1e9,0.5,0.001,{1 / i},{1 / i},{10 + i}\n" for i in (1, 2, 3)
)
SIZE = 16


def picture(width: int = 8 * SIZE, height: int = 3 * SIZE) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.arange(width * height * 3, dtype=np.uint8).reshape(height, width, 3)).save(stream, "PNG")
    return stream.getvalue()


def stored(out: Path, files: dict[str, bytes], content: dict[str, Any] | None = None, **facts: Any) -> Path:
    """A result with these files, whose sums are right, as an attacker would write it."""
    folder = results.write(out, **facts)
    known = json.loads((folder / store.RESULT).read_text())
    for name, data in files.items():
        (folder / name).write_bytes(data)
    sums = known["files"] | {name: file_digest(folder / name) for name in files}
    write_json(folder / store.RESULT, known | {"files": sums})
    if content is not None:
        (folder / store.RESULT).write_text(json.dumps(content))
    return folder


def shown(out: Path) -> tuple[list[Board], list[str]]:
    """The boards of a folder, written, and the problems, each of one line."""
    boards, problems = collect(out)
    for path in write_boards(boards, out / "leaderboards"):
        path.read_text(encoding="utf-8")
    assert all("\n" not in problem for problem in problems)
    return boards, problems


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name) / "runs"


# ── result.json ──────────────────────────────────────────────────────────────────────────────────────────────────────

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=20)
    | st.sampled_from(["\ud800", "\0", "../../x", "a\nb", "<script>", "nan", "none", 10**400, -1, {"float": "nan"}]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to everything in a JSON value."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [*([path] if path else []), *(p for key, value in inner for p in places(value, (*path, key)))]


STRANGERS = [f"stranger-{i}" for i in range(5)]  # whose results lie in one folder: boards take longest to write


def example(model: str) -> dict[str, Any]:
    """The content of a scored result with all that it may have."""
    with folder() as out:
        content = json.loads((results.write(out, model=model) / store.RESULT).read_text())
    content["model"]["notes"] = ["a note"]
    return content | {"rate": {"bytes": 100.0, "bits_per_pixel": 3.1}}


EXAMPLES = {model: example(model) for model in STRANGERS}
CHANGE = st.tuples(st.sampled_from(places(EXAMPLES[STRANGERS[0]])), VALUES | st.just("remove"))


def changed(content: dict[str, Any], changes: list[tuple[tuple[Any, ...], Any]]) -> dict[str, Any]:
    content = copy.deepcopy(content)
    for (*path, last), value in changes:
        with suppress(KeyError, IndexError, TypeError):  # an earlier change has taken it away
            holder = content
            for part in path:
                holder = holder[part]
            if value == "remove":
                del holder[last]
            else:
                holder[last] = value
    return content


@given(st.tuples(*(st.lists(CHANGE, min_size=1, max_size=3) for _ in STRANGERS)))
@settings(SLOW, max_examples=30)
def test_any_change_of_a_result_gives_a_board_or_one_line(changes: tuple[list[tuple[Any, ...]], ...]) -> None:
    with folder() as out:
        for (model, content), own in zip(EXAMPLES.items(), changes, strict=True):
            stored(out, {}, changed(content, own), model=model)
        results.write(out, model="honest")
        boards, problems = shown(out)
        assert sum(len(board.results) for board in boards) + len(problems) >= 1 + len(STRANGERS)
        assert any("honest" in set(board.rows.get("model", [])) for board in boards)


@given(st.binary(max_size=400))
@SLOW
def test_any_bytes_in_place_of_a_result_are_one_line(data: bytes) -> None:
    with folder() as out:
        (stored(out, {}) / store.RESULT).write_bytes(data)
        assert len(shown(out)[1]) == 1


def test_a_result_of_a_million_rows_is_refused_before_it_is_read(tmp_path: Path) -> None:
    rows = ",".join(f'"metric-{i}":{{"mean":0.0,"std":0.0,"n":1}}' for i in range(10**6))
    (stored(tmp_path, {}) / store.RESULT).write_text(f'{{"schema":1,"scores":{{{rows}}}}}')
    assert "bytes are more than the 16,000,000 that" in shown(tmp_path)[1][0]


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "device"])
@pytest.mark.parametrize("name", [store.RESULT, store.SAMPLES])
def test_what_is_no_file_of_the_results_own_is_refused(tmp_path: Path, kind: str, name: str) -> None:
    place = stored(tmp_path, {store.SAMPLES: picture()}) / name
    secret = tmp_path / "secret"
    place.rename(secret)
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        place.symlink_to(secret if kind == "link" else "/dev/zero")
    boards, problems = shown(tmp_path)
    assert not boards
    assert "no regular file" in problems[0] or "missing or was altered" in problems[0]


def test_names_cannot_lead_out_of_the_folder_of_the_boards(tmp_path: Path) -> None:
    names = {"dataset": "../../../escaped", "degradation": "/etc/../escaped", "model": "..\\escaped\0"}
    results.write(tmp_path / "runs", **names)
    shown(tmp_path / "runs")
    assert os.listdir(tmp_path) == ["runs"]
    assert sorted(os.listdir(tmp_path / "runs" / "leaderboards")) == [slug(names["dataset"])]


# ── the files beside it ──────────────────────────────────────────────────────────────────────────────────────────────


@st.composite
def mutated(draw: st.DrawFn, original: bytes) -> bytes:
    """Cut short, with some bytes changed."""
    content = bytearray(original)
    for _ in range(draw(st.integers(0, 8))):
        content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content)


def check_pictures(name: str, *data: bytes) -> None:
    """Each of the data is the file of that name of a result of its own."""
    models = STRANGERS[: len(data)]
    with folder() as out, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow and matplotlib, about what they are given
        for model, content in zip(models, data, strict=True):
            stored(out, {name: content}, model=model)
        (board,), problems = shown(out)
        assert not problems
        assert sorted(board.rows["model"]) == models


def several(data: st.SearchStrategy[bytes]) -> st.SearchStrategy[list[bytes]]:
    return st.lists(data, min_size=len(STRANGERS), max_size=len(STRANGERS))


@given(several(mutated(picture()) | st.binary(max_size=100)))
@settings(SLOW, max_examples=12)
def test_any_picture_in_place_of_the_samples_harms_no_board(data: list[bytes]) -> None:
    check_pictures(store.SAMPLES, *data)


@pytest.mark.parametrize("data", [picture(SIZE, 3 * SIZE), picture(65 * SIZE, 3 * SIZE), bomb(60_000, 60_000)])
def test_sample_pictures_of_other_sizes_harm_no_board(data: bytes) -> None:
    check_pictures(store.SAMPLES, data)


def test_a_picture_that_is_too_large_is_refused_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "samples.png").write_bytes(bomb(60_000, 60_000))
    with pytest.raises(ValueError, match=r"no sample picture|decompression bomb"):
        read_samples(tmp_path / "samples.png", SIZE)


@given(
    several(
        mutated(HISTORY.encode())
        | st.binary(max_size=100)
        | st.lists(st.floats().map(str) | st.text(max_size=3), min_size=9, max_size=9).map(
            lambda cells: (HISTORY + ",".join(cells) + "\n").encode(errors="replace")
        )
    )
)
@settings(SLOW, max_examples=8)
def test_any_history_harms_no_board(data: list[bytes]) -> None:
    check_pictures(store.HISTORY, *data)


def test_a_history_of_a_million_rows_harms_no_board() -> None:
    row = HISTORY.splitlines()[1] + "\n"
    check_pictures(store.HISTORY, (HISTORY + row * (64_000_000 // len(row))).encode())


# ── photographs ──────────────────────────────────────────────────────────────────────────────────────────────────────


def jpeg() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (32, 32), "teal").save(stream, "JPEG")
    return stream.getvalue()


@given(mutated(picture()) | mutated(jpeg()) | st.binary(max_size=200))
@SLOW
def test_any_photograph_is_an_image_or_a_data_error(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(name) / "photo"
        path.write_bytes(data)
        with suppress(DataError):
            image = files.read(path)
            assert image.shape[:2] == (1, 3)
