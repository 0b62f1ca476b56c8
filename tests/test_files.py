"""Files that are whole or absent, and values that survive a trip through them."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchbench import files
from benchbench.files import MOST_JSON, read_json, write_json

PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


def same(one: Any, other: Any) -> bool:
    """Equality of trees with tensors, NaN and infinities in them; tuples and lists are one."""
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and torch.equal(one, other)
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and (one == other or (one != one and other != other))


# ── atomic writes ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_writing_makes_folders_and_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.txt"
    files.write_atomically(path, "näïve ∞")
    files.write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == ["file.txt"]


@pytest.mark.parametrize("failing", ["os.replace", "os.chmod"])
def test_an_interrupted_write_leaves_the_old_content(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.txt"
    files.write_atomically(path, "old")

    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(failing, interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write_atomically(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
def test_written_files_have_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    files.write_atomically(tmp_path / "one", "")
    (tmp_path / "other").touch()
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12))
def test_json_comes_back_with_infinities_and_nan(value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "value.json"
        files.write_json(path, value)
        assert same(value, files.read_json(path))
        json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)  # standard JSON, without NaN


@pytest.mark.parametrize("value", [{"float": "text"}, {"float": [1.0, 2.0]}, {"float": None}])
def test_a_column_named_float_is_no_number(value: Any, tmp_path: Path) -> None:
    files.write_json(tmp_path / "value.json", value)
    assert files.read_json(tmp_path / "value.json") == value


def test_json_is_read_as_utf_8_in_any_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write_json(tmp_path / "value.json", "größer ∞")
    read_text = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda path, encoding="ascii": read_text(path, encoding=encoding))
    assert files.read_json(tmp_path / "value.json") == "größer ∞"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_json_is_read_alike_with_a_byte_order_mark(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "value.json").write_text('{"größer": 1}', encoding=encoding)
    assert files.read_json(tmp_path / "value.json") == {"größer": 1}


def test_toml_is_read_alike_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "value.toml").write_text("a = 1", encoding="utf-8-sig")
    assert files.read_toml(tmp_path / "value.toml") == {"a": 1}


def test_json_too_deep_is_a_value_error(tmp_path: Path) -> None:
    (tmp_path / "value.json").write_text("[" * 100_000)
    with pytest.raises(ValueError, match="recursion"):
        files.read_json(tmp_path / "value.json")


def test_packed_json_comes_back_from_the_same_bytes(tmp_path: Path) -> None:
    value = {"text": "ä", "number": math.inf, "list": [1, None]}
    for name in ("one.json.gz", "other.json.gz"):
        write_json(tmp_path / name, value)
    assert read_json(tmp_path / "one.json.gz") == value
    assert (tmp_path / "one.json.gz").read_bytes() == (tmp_path / "other.json.gz").read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        gzip.compress(b"{}", mtime=0)[:-3],
        gzip.compress(b'"' + bytes(MOST_JSON + 1) + b'"', mtime=0),
        gzip.compress(b"{}", mtime=0) + b"smuggled",
        2 * gzip.compress(b"{}", mtime=0),
    ],
    ids=["empty", "not packed", "cut", "bomb", "bytes behind its end", "another file behind its end"],
)
def test_packed_json_that_is_damaged_or_a_bomb_is_a_value_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"cut off|incorrect header|bytes behind its end"):
        read_json(tmp_path / "x.json.gz")


def test_broken_json_is_a_value_error(tmp_path: Path) -> None:
    (tmp_path / "value.json").write_text('{"a": ')
    with pytest.raises(ValueError, match="Expecting value"):
        files.read_json(tmp_path / "value.json")


# ── folders ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_fresh_folder_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "folder"
    with files.fresh_folder(folder) as partial:
        (partial / "file").write_text("content")
        assert not folder.exists()
        assert partial.parent == folder.parent
    assert (folder / "file").read_text() == "content"
    assert os.listdir(folder.parent) == ["folder"]


def test_a_failure_leaves_no_folder(tmp_path: Path) -> None:
    def fail() -> None:
        with files.fresh_folder(tmp_path / "folder") as partial:
            (partial / "file").touch()
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        fail()
    assert os.listdir(tmp_path) == []


def test_whoever_comes_second_leaves_the_first_folder_alone(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    with files.fresh_folder(folder) as slow:
        (slow / "file").write_text("second")
        with files.fresh_folder(folder) as quick:
            (quick / "file").write_text("first")
    assert (folder / "file").read_text() == "first"
    assert os.listdir(tmp_path) == ["folder"]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file stands in the way")
    with pytest.raises(OSError, match="cannot create"), files.fresh_folder(tmp_path / "folder"):
        pass


# ── tensors and digests ──────────────────────────────────────────────────────────────────────────────────────────────

TENSORS = st.tuples(
    st.sampled_from([torch.float32, torch.uint8, torch.bool, torch.int64, torch.bfloat16]),
    st.lists(st.integers(0, 3), max_size=3),
).map(lambda found: torch.arange(math.prod(found[1])).reshape(found[1]).to(found[0]))
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text() | TENSORS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(TREES)
def test_a_tree_comes_back_through_a_file(tree: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files.save_tree(Path(folder) / "tree", {"tree": tree})
        assert same({"tree": tree}, files.load_tree(Path(folder) / "tree"))


def test_an_optimizer_comes_back_through_a_file(tmp_path: Path) -> None:
    weights = [torch.nn.Parameter(torch.ones(3)), torch.nn.Parameter(torch.ones(2, 2))]
    optimizer = torch.optim.Adam(weights)
    sum((w**2).sum() for w in weights).backward()  # type: ignore[union-attr]
    optimizer.step()
    files.save_tree(tmp_path / "state", optimizer.state_dict())
    other = torch.optim.Adam(weights)
    other.load_state_dict(files.load_tree(tmp_path / "state"))
    assert other.state_dict().keys() == optimizer.state_dict().keys()
    for one, two in zip(optimizer.state.values(), other.state.values(), strict=True):
        assert all(torch.equal(one[name], two[name]) for name in one)


def test_tensors_that_are_views_are_saved_as_they_look(tmp_path: Path) -> None:
    tensor = torch.arange(12.0).reshape(3, 4).T[1:]
    files.save_tensors(tmp_path / "view", {"view": tensor.requires_grad_()})
    assert torch.equal(files.load_tensors(tmp_path / "view")["view"], tensor)


def test_a_file_has_the_digest_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc" * 100_000)
    assert files.file_digest(tmp_path / "file") == hashlib.sha256(b"abc" * 100_000).hexdigest()


def test_digests_keep_parts_apart() -> None:
    assert (
        len({files.digest("ab", "c"), files.digest("a", "bc"), files.digest("abc"), files.digest("a", "b", "c")}) == 4
    )
    assert len(files.digest(1)) == 16


def test_tied_and_missing_tensors_are_stored_too(tmp_path: Path) -> None:
    tied = torch.arange(6.0)
    files.save_tensors(tmp_path / "tied", {"a": tied, "b": tied, "c": tied[:3]})
    found = files.load_tensors(tmp_path / "tied")
    assert torch.equal(found["a"], tied)
    assert torch.equal(found["b"], tied)
    assert torch.equal(found["c"], tied[:3])
    files.save_tensors(tmp_path / "none", {})
    assert files.load_tensors(tmp_path / "none") == {}


def test_cache_is_where_the_environment_says(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert files.cache_folder() == cache
    monkeypatch.delenv("BENCHBENCH_CACHE")
    assert files.cache_folder().name == "benchbench"


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "x" * 250 + ".json"])
def test_a_name_near_the_systems_limit_can_be_written(name: str, tmp_path: Path) -> None:
    files.write_atomically(tmp_path / name, "content")
    assert (tmp_path / name).read_text(encoding="utf-8") == "content"
    with files.fresh_folder(tmp_path / "inner" / name) as partial:
        (partial / "file").touch()
    assert (tmp_path / "inner" / name / "file").exists()


def test_a_folder_is_as_open_to_others_as_any_new_folder(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        with files.fresh_folder(tmp_path / "shared") as partial:
            (partial / "file").touch()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o775
