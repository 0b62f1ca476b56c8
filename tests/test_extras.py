"""Each extra of the distribution: where it is absent, what asks for it says in one line what to install."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from photographs import save

from benchbench import DataError, Images, Metric, Model, Task, read_image
from benchbench.cli import main
from benchbench.data import reading
from benchbench.data.audit import audit
from benchbench.registry.registry import registry
from benchbench_plugins.datasets.congress import Congress
from benchbench_plugins.datasets.hf import HuggingFace
from benchbench_plugins.degradations.none import Nothing
from benchbench_plugins.metrics.face_fd import FaceFD
from benchbench_plugins.metrics.identity_similarity import IdentitySimilarity
from benchbench_plugins.metrics.landmark_distance import LandmarkDistance
from benchbench_plugins.models.jpegxl import JpegXL
from benchbench_plugins.models.pretrained import Pretrained

OF_DEVELOPERS = {"docs", "test"}
BRINGS = {  # what is imported of it
    "congress": ["yaml"],
    "dask": ["distributed"],
    "faces": ["dlib", "face_recognition_models"],
    "heif": ["pillow_heif"],
    "hf": ["datasets"],
    "jxl": ["pillow_jxl"],
    "pretrained": ["spandrel"],
}


def of_data(load: Callable[[], object]) -> str:
    with pytest.raises(DataError) as refusal:
        load()
    return str(refusal.value)


def of_component(component: Model | Metric) -> str:
    return str(component.unavailable(Task(48, Nothing())))


def of_list(folder: Path) -> str:
    save(folder, "congress/original/A000001.jpg")
    (folder / "legislators-current.yaml").write_text("[]")
    return of_data(lambda: Congress(path=str(folder)).load(16))


def of_network(folder: Path) -> str:
    (folder / "network.pth").write_bytes(b"weights")
    return of_component(Pretrained(str(folder / "network.pth")))


def of_run(folder: Path) -> str:
    asked = ["run", "--executor", "dask", "--model", "identity", "--out", str(folder)]
    found = CliRunner().invoke(main, asked)
    assert found.exit_code == 2
    return found.output.strip().splitlines()[-1]


def of_audit(folder: Path) -> str:
    black = Images(ids=["a"], pixels=torch.zeros(1, 3, 16, 16, dtype=torch.uint8))
    [remark] = audit(black, "black").remarks
    return remark


ASKED: dict[str, tuple[str, Callable[[Path], str]]] = {
    "a list as YAML": ("congress", of_list),
    "a run on a cluster": ("dask", of_run),
    "audit": ("faces", of_audit),
    **{m.name: ("faces", lambda _, m=m: of_component(m)) for m in (FaceFD(), IdentitySimilarity(), LandmarkDistance())},
    "a photograph as HEIC": ("heif", lambda _: of_data(partial(read_image, b"\0\0\0\x18ftypheic" + bytes(64)))),
    "hf": ("hf", lambda folder: of_data(lambda: HuggingFace(str(folder)).load(16))),
    "a photograph as JPEG XL": ("jxl", lambda _: of_data(partial(read_image, b"\xff\x0a" + bytes(64)))),
    "jpegxl": ("jxl", lambda _: of_component(JpegXL())),
    "pretrained": ("pretrained", of_network),
}


def test_all_extras_are_asked_for() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = set(project["optional-dependencies"]) - OF_DEVELOPERS
    assert {extra for extra, _ in ASKED.values()} == set(BRINGS) == extras


@pytest.mark.parametrize("what", ASKED)
def test_without_its_extra_it_says_in_one_line_what_to_install(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra, ask = ASKED[what]
    registry()  # plugins are there, whatever is missing
    for module in BRINGS[extra]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(reading, "_formats", reading._formats.__wrapped__)
    said = ask(tmp_path)
    assert f"pip install 'benchbench-portraits[{extra}]'" in said
    assert "\n" not in said
