"""Every block of code in the README and the documentation does what the text around it says: it is run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from environments import fresh_environment, install
from PIL import Image

import benchbench
from benchbench import errors

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"(?:^<!-- (?P<note>[^\n]*) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
ELSEWHERE = {  # notes before blocks that are not run here: they install gigabytes or train for minutes
    "run by hand before a release",
    ".ci/run runs this",
}
LESS_TRAINING = """benchbench() {  # where no budget is named, 1 TFLOP a model would be trained for minutes
    case "$*" in run\\ *--budget*) ;; run\\ *) set -- "$@" --budget 0.05TFLOP ;; esac
    command benchbench "$@"
}
"""
SHOWN = {"text", "toml"}  # not commands: output, layouts, and what belongs into a file that the text names


@dataclass(frozen=True)
class Block:
    """A block of code, and what a comment before it says of it."""

    language: str
    text: str
    note: str

    @property
    def file(self) -> str:
        """The file that it is to be saved as, or nothing."""
        return self.note.removeprefix("file: ") if self.note.startswith("file: ") else ""


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [Block(m["language"], m["text"], m["note"] or "") for m in BLOCK.finditer(text)]


def runnable(page: Path) -> Iterator[Block]:
    """The blocks that a reader would run or save, in their order."""
    for block in blocks(page):
        if block.file or (block.language in ("bash", "python") and block.note not in ELSEWHERE):
            yield block


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_block_is_run_saved_or_of_a_kind_that_is_only_shown(page: Path) -> None:
    for block in blocks(page):
        known = block.file or block.note in ELSEWHERE or block.note == ""
        assert known, f"'{block.note}' is no note that this test knows"
        assert block in list(runnable(page)) or block.note in ELSEWHERE or block.language in SHOWN, block.text


FILES = [(page, block) for page in PAGES for block in blocks(page) if block.file]


@pytest.mark.parametrize(("page", "block"), FILES, ids=lambda part: part.name if isinstance(part, Path) else part.file)
def test_files_that_a_page_gives_can_be_read_by_what_they_are_for(page: Path, block: Block) -> None:
    if block.language == "python":
        compile(block.text, block.file, "exec")
    elif block.language == "yaml":
        yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: pip install 'benchbench-portraits[dask]'")
        for part in yaml.safe_load_all(block.text):
            assert {"apiVersion", "kind", "metadata", "spec"} <= set(part)


def checkout(to: Path) -> Path:
    """A copy of this one, without what is not part of it."""
    made = {".git", ".venv", ".ci", "runs", "site", "build"}

    def ignored(folder: str, names: list[str]) -> set[str]:
        return made & set(names) if Path(folder) == ROOT else set()

    return Path(shutil.copytree(ROOT, to, ignore=ignored))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with benchbench, in which pages may install what they want."""
    folder = tmp_path_factory.mktemp("environment")
    found = fresh_environment(folder / "venv")
    install(found, checkout(folder / "source"))
    return found


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands in for the reader's own: a folder PHOTOS, and PHOTO.png."""
    from benchbench.contracts.dataset import Dataset
    from benchbench.registry.registry import registry

    folder = tmp_path_factory.mktemp("photographs")
    (folder / "PHOTOS").mkdir()
    faces: Dataset = registry().resolve("dataset", "faces:n=120")
    for name, pixels in zip(*(lambda images: (images.ids, images.pixels))(faces.load(96)), strict=True):
        Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(folder / "PHOTOS" / f"{name}.png")
    shutil.copy(folder / "PHOTOS" / f"{name}.png", folder / "PHOTO.png")
    return folder


@pytest.fixture
def work(python: Path, photographs: Path, tmp_path: Path) -> Callable[[Block], None]:
    """A function that does as a block says, with less training, in a folder that has the reader's photographs."""
    shutil.copytree(photographs, tmp_path, dirs_exist_ok=True)
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {
        "PATH": path,
        "BENCHBENCH_CACHE": str(python.parents[1] / "cache"),
        "VIRTUAL_ENV": str(python.parents[1]),
    }

    def do(block: Block) -> None:
        if block.file:
            (tmp_path / block.file).write_text(block.text)
            return
        text = re.sub(r"(?<![\d.])(\d+)TFLOP", r"0.0\1TFLOP", block.text)
        in_shell, in_python = ["bash", "-euo", "pipefail", "-c", LESS_TRAINING + text], [str(python), "-c", text]
        command = in_shell if block.language == "bash" else in_python
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{text}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"

    return do


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("page", [p for p in PAGES if list(runnable(p))], ids=lambda p: str(p.relative_to(ROOT)))
def test_a_page_can_be_followed(page: Path, work: Callable[[Block], None]) -> None:
    for block in runnable(page):
        work(block)


def test_all_that_is_public_is_in_the_reference() -> None:
    text = "".join((ROOT / "docs" / "reference" / f"{page}.md").read_text() for page in ("contracts", "python"))
    elsewhere = {"__version__", "hookimpl", *vars(errors)}  # hookimpl is on the page of hooks, errors are a module
    assert [n for n in benchbench.__all__ if f":: benchbench.{n}\n" not in text and n not in elsewhere] == []


@pytest.mark.slow
def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="Sphinx is not installed: pip install 'benchbench-portraits[docs]'")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", str(ROOT / "docs"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    contracts = (tmp_path / "reference" / "contracts.html").read_text(encoding="utf-8")
    components = (tmp_path / "reference" / "components.html").read_text(encoding="utf-8")
    assert "configure_optimizers" in contracts
    assert "pixelate" in components
