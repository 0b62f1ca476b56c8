"""The face embedder that a plugin brings by benchbench_face_embedder: found, sent to other processes, checked."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import embedding
import pytest
import torch
import toys

from benchbench import FaceEmbedder, PluginError, face_embedder

FACES = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def brought_by(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FaceEmbedder | None]:
    """A function that makes the toys and other modules the installed plugins, and asks them."""

    def ask(*modules: str) -> FaceEmbedder | None:
        registry = toys.registry(*modules)
        monkeypatch.setattr("benchbench.registry.registry.registry", lambda *_: registry)
        return face_embedder()

    return ask


def test_it_is_the_plugins_and_survives_the_way_to_another_process(
    brought_by: Callable[..., FaceEmbedder | None],
) -> None:
    found = brought_by("embedding")
    assert found is not None
    assert found.plugin == "test.embedding"
    assert torch.equal(found(FACES), embedding.quarters(FACES))
    assert pickle.loads(pickle.dumps(found)) == found


def test_without_such_a_plugin_there_is_none(brought_by: Callable[..., FaceEmbedder | None]) -> None:
    assert brought_by() is None


def test_its_version_changes_with_its_source(
    brought_by: Callable[..., FaceEmbedder | None], write_module: Callable[[str, str], Path]
) -> None:
    source = Path(embedding.__file__).read_text()
    for name, text in (("same_embedder", source), ("other_embedder", source.replace("faces, 2)", "faces, 4)"))):
        write_module(name, text)
    versions = [found.version for name in ("same_embedder", "other_embedder") if (found := brought_by(name))]
    assert len(set(versions)) == 2


def test_of_several_the_last_name_counts(
    brought_by: Callable[..., FaceEmbedder | None], write_module: Callable[[str, str], Path]
) -> None:
    write_module("another_embedder", Path(embedding.__file__).read_text())
    found = brought_by("embedding", "another_embedder")
    assert found is not None
    assert found.plugin == "test.embedding"


def test_names_count_for_plugins_from_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [tmp_path / name for name in ("zzz_embedder.py", "aaa_embedder.py")]
    for file in files:
        file.write_text(Path(embedding.__file__).read_text())
    monkeypatch.setenv("BENCHBENCH_PLUGINS", os.pathsep.join(map(str, files)))
    found = face_embedder()
    assert found is not None
    assert found.distribution == "zzz_embedder.py"


@pytest.mark.parametrize(("body", "message"), [
    ("return None", "gave None, not a function"),
    ("return lambda faces: faces", r"gave \(2, 3, 8, 8\) for 2 faces"),
    ("return lambda faces: faces.mean((2, 3))[:1]", r"gave \(1, 3\) for 2 faces"),
])  # fmt: skip
def test_a_broken_embedder_is_named(
    brought_by: Callable[..., FaceEmbedder | None], write_module: Callable[[str, str], Path], body: str, message: str
) -> None:
    write_module("broken_embedder", f"""
        from benchbench import hookimpl

        @hookimpl
        def benchbench_face_embedder():
            {body}
    """)  # fmt: skip
    found = brought_by("broken_embedder")
    assert found is not None
    with pytest.raises(PluginError, match=f"test.broken_embedder {message}"):
        found(FACES)
