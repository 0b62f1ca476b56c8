"""Results as somebody sends them, and the verdict on them."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchbench.boards.submissions.merge import Verdict, merge
from benchbench.files import file_digest, read_json, write_json
from benchbench.results.layout import result_file

RUN = ["run", "--size", "16", "--dataset", "faces:n=60", "--metric", "psnr", "--metric", "lightness-shift", "--device",
       "cpu", "--model", "identity", "--model", "median", "--jobs", "1", "--predictions", "--quiet"]  # fmt: skip


def one(runs: Path, model: str = "median") -> Path:
    """The folder of a model's result."""
    [folder] = runs.glob(f"*/pixelate/{model}/*")
    return folder


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a result, and let its sums fit, as a forger would."""
    file = result_file(folder)
    content = read_json(file)
    change(content)
    content["files"] = {name: file_digest(folder / name) for name in content["files"] if (folder / name).exists()}
    write_json(file, content)


def only(path: Path, into: Path) -> Verdict:
    """The verdict on the only result there."""
    [verdict] = merge([path], into)
    return verdict


def refusal(path: Path, into: Path) -> str:
    """Why the only result there was refused; nothing may have been written."""
    before = sorted(into.rglob("*"))
    verdict = only(path, into)
    assert verdict.verdict == "refused", verdict
    assert sorted(into.rglob("*")) == before
    assert "\n" not in str(verdict)
    return verdict.reason


def pack_zip(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.iterdir():
            archive.write(file, f"mine/{file.name}")
    return path


def pack_tar(folder: Path, path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, "mine")
    return path
