"""What `new-plugin` writes, installed as its author installs it: run with `pytest -m slow`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from environments import fresh_environment, install

from benchbench.registry.registry import KINDS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fresh_environment(tmp_path_factory.mktemp("environment") / "venv")


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_installs_passes_its_tests_and_is_listed(kind: str, python: Path, tmp_path: Path) -> None:
    name = f"fresh-{kind}"
    benchbench = [python, "-m", "benchbench"]
    subprocess.run([*benchbench, "new-plugin", name, "--kind", kind, "--out", tmp_path], check=True)
    folder = tmp_path / f"benchbench-{name}"
    install(python, folder)
    listed = subprocess.run([*benchbench, "list", f"{kind}s", "--json"], check=True, capture_output=True, text=True)
    [entry] = [e for e in json.loads(listed.stdout) if e["name"] == name]
    assert (entry["distribution"], entry["version"]) == (folder.name, "0.1.0")
    tested = subprocess.run([python, "-m", "pytest", "-q", "-W", "error"], cwd=folder, capture_output=True, text=True)
    assert tested.returncode == 0, tested.stdout
    assert " passed" in tested.stdout
    checked = subprocess.run([*benchbench, "check", name], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_a_new_model_learns(python: Path, tmp_path: Path) -> None:
    benchbench = [python, "-m", "benchbench"]
    subprocess.run([*benchbench, "new-plugin", "learner", "--kind", "model", "--out", tmp_path], check=True)
    source = tmp_path / "benchbench-learner" / "src" / "benchbench_learner.py"
    options = [
        "--dataset",
        "faces:n=200",
        "--size",
        "32",
        "--budget",
        "0.5TFLOP",
        "--metric",
        "psnr",
        "--device",
        "cpu",
    ]
    models = ["--model", "identity", "--model", "learner", "--degrade", "gaussian-noise", "--out", tmp_path / "runs"]
    subprocess.run([*benchbench, "run", "--plugin", source, *options, *models, "--quiet"], check=True)
    board = tmp_path / "runs" / "leaderboards" / "faces,n=200" / "gaussian-noise.json"
    rows = {row["model"]: row for row in json.loads(board.read_text())[0]["rows"]}
    assert rows["learner"]["psnr"] > rows["identity"]["psnr"] + 1
    assert rows["learner"]["plugin"].startswith("benchbench_learner.py ")
