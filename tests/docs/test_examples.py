"""The example packages: each is installed by pip into a fresh environment, found, run and ranked; the core is untouched."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import benchbench

FOLDER = Path(__file__).parents[1] / "examples"
EXAMPLES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
SHORT = ["benchbench-deepinv", "benchbench-kornia", "benchbench-sharpen", "benchbench-torchmetrics"]
RUN = ["run", "--dataset", "faces:n=200", "--size", "32", "--budget", "1TFLOP", "--device", "cpu", "--quiet"]
NO_NETWORK = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")


def source(example: str) -> Path:
    return FOLDER / example / f"{example.replace('-', '_')}.py"


# ── what they are ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_package_of_one_file(example: str) -> None:
    about = tomllib.loads((FOLDER / example / "pyproject.toml").read_text())["project"]
    assert about["name"] == example
    assert list(about["entry-points"]["benchbench"].values()) == [source(example).stem]
    assert "benchbench-portraits<1" in about["dependencies"]
    assert "pip install ." in (FOLDER / example / "README.md").read_text()


@pytest.mark.parametrize("example", SHORT)
def test_a_component_takes_at_most_50_lines(example: str) -> None:
    assert len(source(example).read_text().splitlines()) <= 50


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_imports_only_public_names(example: str) -> None:
    modules = [node for node in ast.walk(ast.parse(source(example).read_text())) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in modules if (node.module or "").startswith("benchbench")]
    assert [node.module for node in ours] == ["benchbench"]
    assert {alias.name for alias in ours[0].names} <= set(benchbench.__all__)


# ── what they do ─────────────────────────────────────────────────────────────────────────────────────────────────────

slow = pytest.mark.slow
patient = pytest.mark.timeout(900)


class Environment:
    """A fresh virtual environment that has an example, and sees the libraries of the running one besides."""

    def __init__(self, folder: Path, example: str) -> None:
        self.folder, self.python = folder, folder / "venv" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        site = Path(self.output("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
        libraries = [path for path in sys.path if path.endswith("site-packages")]
        (site / "libraries.pth").write_text("".join(f"import site; site.addsitedir({p!r})\n" for p in libraries))
        shutil.copytree(FOLDER / example, folder / "source")
        self._install(folder / "source")

    def _install(self, source: Path) -> None:
        """The libraries come from the index, if it can be reached; the example must need nothing more than these."""
        about = tomllib.loads((source / "pyproject.toml").read_text())
        needed = {*about["build-system"]["requires"], *about["project"]["dependencies"]} - {"benchbench-portraits<1"}
        pip = [self.python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        fetched = subprocess.run([*pip, *needed], capture_output=True, text=True)
        if fetched.returncode:
            pytest.skip(f"pip install {' '.join(needed)}: {fetched.stderr.strip().splitlines()[-1]}")
        subprocess.run([*pip, "--no-index", "--no-build-isolation", source], check=True)

    def output(self, *arguments: str) -> str:
        """What Python prints, with the ways into the network closed."""
        command, env = [self.python, *arguments], os.environ | NO_NETWORK
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, *options: str) -> dict[str, dict[str, Any]]:
        """A run on few small images: the rows of its board by model, best first."""
        self.output("-m", "benchbench", *RUN, *options, "--out", str(self.folder / "runs"))
        [path] = self.folder.glob("runs/leaderboards/*/*.json")
        [board] = json.loads(path.read_text())
        return {row["model"]: row for row in board["rows"]}

    def results(self, name: str) -> list[Path]:
        """The files of that name in the folders of the results."""
        return sorted(path for path in self.folder.glob(f"runs/**/{name}") if "leaderboards" not in path.parts)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Environment]:
    """A function that gives the environment of an example, made once."""
    return cache(lambda example: Environment(tmp_path_factory.mktemp(example), example))


def models(*specs: str) -> list[str]:
    return [part for spec in specs for part in ("--model", spec)]


@slow
@patient
def test_sharpen_is_listed_trained_and_ranked(environment: Callable[[str], Environment]) -> None:
    env = environment("benchbench-sharpen")
    listed = json.loads(env.output("-m", "benchbench", "list", "models", "--json"))
    assert [e["distribution"] for e in listed if e["name"] == "sharpen"] == ["benchbench-sharpen"]
    board = env.run("--degrade", "gaussian-blur", *models("identity", "sharpen"))
    assert list(board) == ["sharpen", "identity"]
    assert board["sharpen"]["plugin"] == "benchbench-sharpen 1.2.3"


@slow
@patient
def test_kornias_degradations_have_a_board_and_an_oracle(environment: Callable[[str], Environment]) -> None:
    env = environment("benchbench-kornia")
    board = env.run("--degrade", "kornia-elastic+kornia-gamma", *models("identity"))
    assert list(board) == ["identity"]  # no inverse of the warp, so none of both
    assert 8 < board["identity"]["psnr"] < 30
    shutil.rmtree(env.folder / "runs")
    board = env.run("--degrade", "kornia-gamma", *models("identity"))
    assert list(board) == ["oracle", "identity"]
    assert board["oracle"]["psnr"] > 40 > 20 > board["identity"]["psnr"]


@slow
@patient
def test_kornias_degradations_draw_for_each_image_alone(environment: Callable[[str], Environment]) -> None:
    code = """
import torch, benchbench_kornia
from benchbench.contracts.seeding import SeededDraw
before = torch.get_rng_state()
images, ids = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0)), ["a", "b", "c", "d"]
for kind in benchbench_kornia.benchbench_degradations():
    together = kind().apply(images, SeededDraw(0, "test", ids)).images
    alone = kind().apply(images[2:3], SeededDraw(0, "test", ids[2:3])).images
    print((together[2:3] - alone).abs().max().item() < 1e-5, (together - images).abs().mean().item() > 0.01)
print(torch.equal(before, torch.get_rng_state()))
"""
    assert environment("benchbench-kornia").output("-c", code).split() == ["True"] * 5


@slow
@patient
def test_torchmetrics_ssim_is_ours(environment: Callable[[str], Environment]) -> None:
    env = environment("benchbench-torchmetrics")
    metrics = [part for name in ("ssim", "torchmetrics-ssim", "scc") for part in ("--metric", name)]
    board = env.run("--degrade", "gaussian-blur", *models("identity", "bicubic"), *metrics)
    assert 0 < board["identity"]["scc"] < 1
    tables = [pd.read_parquet(path) for path in env.results("metrics.parquet")]
    assert len(tables) == 2
    for table in tables:
        assert table["ssim"].std() > 0.01
        assert (table["ssim"] - table["torchmetrics-ssim"]).abs().max() < 1e-4


@slow
@patient
def test_deepinvs_drunet_is_trained_and_beats_the_noise(environment: Callable[[str], Environment]) -> None:
    board = environment("benchbench-deepinv").run("--degrade", "gaussian-noise", *models("identity", "deepinv-drunet"))
    assert list(board) == ["deepinv-drunet", "identity"]
    assert board["deepinv-drunet"]["psnr"] > board["identity"]["psnr"] + 2
    assert board["deepinv-drunet"]["parameters"] > 100_000


@slow
@patient
def test_jpeg_xl_has_real_bytes(environment: Callable[[str], Environment]) -> None:
    env = environment("benchbench-jpegxl")
    board = env.run("--degrade", "none", *models("identity", "jpeg-xl", "jpeg-xl:distance=4"))
    fine, coarse = board["jpeg-xl"], board["jpeg-xl:distance=4"]
    assert fine["psnr"] > coarse["psnr"] > 20
    assert 32 * 32 * 3 > fine["bytes"] > coarse["bytes"] > 0
    code = """
import torch, benchbench_jpegxl
codec = benchbench_jpegxl.Files(3, 1.0, 7)
[file] = codec.compress(torch.linspace(0, 1, 3 * 24 * 40).view(1, 3, 24, 40))
print(file[:2].hex(), tuple(codec.decompress([file]).shape))
"""
    assert env.output("-c", code).strip() == "ff0a (1, 3, 24, 40)"  # a bare codestream, ISO/IEC 18181-1


@slow
@patient
def test_compressais_codec_is_trained_and_its_files_are_read_back(environment: Callable[[str], Environment]) -> None:
    env = environment("benchbench-compressai")
    board = env.run(
        "--degrade", "none", *models("identity", "compressai-factorized", "compressai-factorized:weight=0.01")
    )
    fine, coarse = board["compressai-factorized:weight=0.01"], board["compressai-factorized"]
    assert fine["psnr"] > coarse["psnr"] > 15
    assert 32 * 32 * 3 > fine["bytes"] > coarse["bytes"] > 0
    code = """
import torch, benchbench_compressai
torch.manual_seed(0)
codec = benchbench_compressai.Factorized(8, 12, 40).eval()
codec.update(force=True, update_quantiles=True)
with torch.no_grad():
    images = torch.rand(2, 3, 40, 40)
    files, seen = codec.compress(images), codec(images)
    alone = torch.cat([codec.decompress([file]) for file in files])
print(all(files), tuple(alone.shape), (alone - seen.clamp(0, 1)).abs().max().item() < 1e-5)
"""
    assert env.output("-c", code).strip() == "True (2, 3, 40, 40) True"


@slow
@patient
def test_tensorboard_has_what_the_run_told(environment: Callable[[str], Environment]) -> None:
    env = environment("benchbench-tensorboard")
    board = env.run("--degrade", "pixelate", *models("identity", "autoencoder"))
    code = """
import json, sys
from pathlib import Path
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
told = {}
for file in sorted(Path("tensorboard").rglob("events.*")):
    log = EventAccumulator(str(file)).Reload()
    scalars = {tag: [(e.step, e.value) for e in log.Scalars(tag)] for tag in log.Tags()["scalars"]}
    texts = {tag: log.Tensors(tag)[0].tensor_proto.string_val[0].decode() for tag in log.Tags()["tensors"]}
    told[str(file.parent)] = {"scalars": scalars, "texts": texts, "images": log.Tags()["images"]}
print(json.dumps(told))
"""
    told = json.loads(env.output("-c", code))
    [training] = [log for run, log in told.items() if "/autoencoder/" in run]
    history = pd.read_csv(env.results("history.csv")[0])
    losses = training["scalars"]["training/validation_loss"]  # benchbench_epoch_finished
    assert [step for step, _ in losses] == list(history["step"])
    assert [value for _, value in losses] == pytest.approx(list(history["validation_loss"]), rel=1e-6)
    assert training["images"] == ["samples"]  # benchbench_trial_finished
    assert training["scalars"]["test/psnr"][0][1] == pytest.approx(board["autoencoder"]["psnr"], rel=1e-6)
    [text] = told["tensorboard/boards"]["texts"].values()  # benchbench_board_written
    assert "autoencoder" in text
