"""New plugins: what `new-plugin` writes loads, keeps all laws and is listed unchanged; bad names are refused."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import toys

from benchbench import SpecError, checks
from benchbench.errors import BenchbenchError
from benchbench.registry import scaffold
from benchbench.registry.registry import KINDS, load


@pytest.fixture(autouse=True)
def _forget_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("kind", KINDS)
def test_the_plugin_loads_keeps_all_laws_and_fits_on_a_screen(kind: str, tmp_path: Path) -> None:
    folder = scaffold.new_plugin(toys.registry(), "first-try", kind, tmp_path)
    [source] = (folder / "src").iterdir()
    assert len(source.read_text().splitlines()) <= 40
    registry = load([], files=[source])
    assert registry.failures == []
    component = registry.of(kind)["first-try"]()
    found = list(checks.check(checks.case_of(component, size=16)))
    assert [str(f) for f in found if f.status == "broken"] == []
    assert sum(f.status == "kept" for f in found) > len(found) / 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_package_points_to_the_plugin_and_leaves_no_placeholder(kind: str, tmp_path: Path) -> None:
    folder = scaffold.new_plugin(toys.registry(), "first-try", kind, tmp_path)
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    assert project["project"]["name"] == folder.name == "benchbench-first-try"
    assert project["project"]["entry-points"]["benchbench"] == {"first-try": "benchbench_first_try"}
    assert (folder / "src" / "benchbench_first_try.py").is_file()
    for path in folder.rglob("*.*"):
        text = path.read_text() if path.is_file() else ""
        assert "$" not in text.replace("${{ matrix.python }}", ""), path
    workflow = (folder / ".github" / "workflows" / "tests.yml").read_text()
    assert "python-version: ${{ matrix.python }}" in workflow


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("My Model", "model", "did you mean 'my-model'?"),
        ("../escape", "model", "did you mean 'escape'?"),
        ("7", "model", "its name '7' must be"),
        ("oracle", "model", "there is a model named 'oracle' already (from ?)"),
        ("rank", "metric", "a column of every board"),
        ("degradation.swirl", "degradation", "must be lower-case letters"),
        ("overall", "degradation", "the page of a data set"),
    ],
)
def test_a_bad_or_taken_name_is_refused_and_nothing_is_written(
    name: str, kind: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecError) as caught:
        scaffold.new_plugin(toys.registry(), name, kind, tmp_path)
    assert reason in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "benchbench-mine").mkdir()
    with pytest.raises(BenchbenchError, match="is there already"):
        scaffold.new_plugin(toys.registry(), "mine", "model", tmp_path)
    assert list((tmp_path / "benchbench-mine").iterdir()) == []


def test_a_class_is_never_named_as_what_it_inherits() -> None:
    assert scaffold.class_name("edge-blur", "model") == "EdgeBlurModel"
    assert scaffold.class_name("my_model", "model") == "MyModel"
    assert scaffold.class_name("model", "model") == "ModelModel"
