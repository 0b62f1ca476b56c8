"""The distribution as others get it: its name, wheel and sdist, and what is said where a namesake was installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from environments import fresh_environment, install

import benchbench
from benchbench.cli.namesake import files_of_another
from benchbench.registry.sources import DISTRIBUTION

ROOT = Path(__file__).parents[2]


def test_the_distribution_is_called_as_pyproject_says() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == DISTRIBUTION == "benchbench-portraits"
    assert project["scripts"] == {"benchbench": "benchbench.cli:main"}
    assert project["version"] == benchbench.__version__


def test_only_the_other_project_is_told_of(tmp_path: Path) -> None:
    package = tmp_path / "benchbench"
    for ours in ("benchbench_portraits-0.1.0.dist-info", "benchbench_sharpen-1.0.dist-info"):
        (tmp_path / ours).mkdir()
    assert files_of_another(package) is None
    (tmp_path / "benchbench-1.0.0.dist-info").mkdir()
    said = files_of_another(package)
    assert said
    assert "benchbench 1.0.0" in said
    assert "pip uninstall benchbench" in said
    assert "\n" not in said


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel and the sdist, from a copy of what is under version control."""
    folder = tmp_path_factory.mktemp("built")
    copied, listed = (
        folder / "source",
        ["git", "ls-files", "benchbench", "plugins", "pyproject.toml", "README.md", "LICENSE"],
    )
    for name in subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines():
        (copied / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copied / name)
    pytest.importorskip("build", reason="build is not installed: pip install build")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", copied]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "dist"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_wheel_and_sdist_hold_the_whole_house(built: Path) -> None:
    [wheel], [sdist] = built.glob("benchbench_portraits-*.whl"), built.glob("benchbench_portraits-*.tar.gz")
    names = set(zipfile.ZipFile(wheel).namelist())
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    for path in (p for top in ("benchbench", "plugins") for p in (ROOT / top).rglob("*") if p.is_file()):
        name = path.relative_to(ROOT).as_posix()
        if "__pycache__" not in name and ".egg-info" not in name:
            assert name.replace("plugins/", "benchbench_plugins/", 1) in names or name in names
            assert name in inside


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_wheel_works_and_tells_of_a_namesake(built: Path, tmp_path: Path) -> None:
    python = fresh_environment(tmp_path / "venv")
    [wheel] = built.glob("*.whl")
    install(python, wheel)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        command = [python.parent / "benchbench", *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    plugins = json.loads(call("list", "plugins", "--json").stdout)
    assert {p["distribution"] for p in plugins if p["module"].startswith("benchbench_plugins")} == {DISTRIBUTION}
    chosen = ["--dataset", "faces:n=60", "--size", "16", "--model", "bicubic", "--metric", "psnr", "--device", "cpu"]
    done = call("run", *chosen)
    assert done.returncode == 0, done.stderr
    site = next((tmp_path / "venv").rglob("benchbench/__init__.py")).parents[1]
    (site / "benchbench-1.0.0.dist-info").mkdir()
    (site / "benchbench" / "__init__.py").write_text("", encoding="utf-8")  # as the other project's is
    said = call("list")
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert "pip uninstall benchbench benchbench-portraits" in said.stderr
