"""hf on small data sets in the hub's form, on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from photographs import difference, encoded, noise, save

from benchbench import DataError
from benchbench_plugins.datasets.hf import HuggingFace

datasets = pytest.importorskip("datasets")
pytestmark = pytest.mark.filterwarnings("ignore")  # of the library
NAMES = {"train": 3, "validation": 2, "test": 2}


def table(n: int, seed: int = 0, **more: list[Any]) -> Any:
    images = [{"bytes": encoded(noise(20, 24, seed=seed + i), "PNG"), "path": None} for i in range(n)]
    features = {"photo": datasets.Image(), "sex": datasets.ClassLabel(names=["female", "male"])}
    features |= {"age": datasets.Value("float32"), "who": datasets.Value("string")}
    columns = {"photo": images, "sex": [i % 2 for i in range(n)], "age": [float("nan"), *range(1, n)]}
    return datasets.Dataset.from_dict(columns | {"who": ["ann"] * n} | more, features=datasets.Features(features))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub") / "faces"
    for k, (split, n) in enumerate(NAMES.items()):
        (folder / "data").mkdir(parents=True, exist_ok=True)
        table(n, 10 * k).to_parquet(folder / "data" / f"{split}-00000-of-00001.parquet")
    return folder


def test_images_attributes_and_official_splits(root: Path) -> None:
    images = HuggingFace(str(root)).load(16)
    assert images.ids == [f"{split}/{i}" for split, n in NAMES.items() for i in range(n)]
    assert images.splits == [split for split, n in NAMES.items() for _ in range(n)]
    assert images.attributes["sex"] == ["female", "male", "female", *["female", "male"] * 2]
    assert images.attributes["age"] == [None, 1, 2, None, 1, None, 1]
    expected = noise(20, 24, seed=1).crop((0, 0, 20, 20)).resize((16, 16), 1)
    assert difference(images.pixels[1].permute(1, 2, 0).numpy(), expected) < 1


def test_one_split_a_limit_and_persons(root: Path) -> None:
    images = HuggingFace(str(root), split="train", limit=2, identity="who").load(16)
    assert images.ids == ["train/0", "train/1"]
    assert images.splits is None
    assert images.identities == ["ann", "ann"]
    assert "who" not in images.attributes


def test_a_parquet_file_is_enough(root: Path) -> None:
    path = next(root.rglob("test-*.parquet"))
    assert len(HuggingFace(str(path)).load(16).ids) == 2


def test_a_broken_image_is_listed_and_a_lacking_person_refused(tmp_path: Path) -> None:
    broken = [{"bytes": b"x", "path": None}, None, {"bytes": encoded(noise(), "PNG"), "path": None}]
    table(3, photo=broken, who=["ann", "bo", None]).to_parquet(tmp_path / "a.parquet")
    images = HuggingFace(str(tmp_path / "a.parquet")).load(16)
    assert images.ids == ["train/2"]
    assert [file for file, _ in images.skipped] == ["train/0", "train/1"]
    with pytest.raises(DataError, match=r"column who lacks 1 of 1 images \(train/2\)"):
        HuggingFace(str(tmp_path / "a.parquet"), identity="who").load(16)


def test_a_column_of_plain_bytes_is_found(tmp_path: Path) -> None:
    rows = datasets.Dataset.from_dict({"n": [1], "jpeg": [encoded(noise(), "JPEG")]})
    rows.to_parquet(tmp_path / "a.parquet")
    assert HuggingFace(str(tmp_path / "a.parquet")).load(16).attributes == {"n": [1]}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"split": "dev"}, r"no split 'dev' \(train, validation, test\)"),
        ({"column": "face"}, r"no column 'face' \(photo, sex, age, who\)"),
        ({"identity": "name"}, "no column 'name'"),
        ({"config": "none"}, "cannot read"),
    ],
)
def test_what_is_not_there_is_named(root: Path, more: dict[str, str], why: str) -> None:
    with pytest.raises(DataError, match=why):
        HuggingFace(str(root), **more).load(16)


def test_offline_is_respected_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    with pytest.raises(DataError, match=r"cannot read 'nobody/nothing'.*[Oo]ffline"):
        HuggingFace("nobody/nothing").load(16)


def test_label_and_version(root: Path, tmp_path: Path) -> None:
    assert HuggingFace("someone/Celeb-Faces", limit=9).label == "hf-someone-celeb-faces,limit=9"
    assert HuggingFace(str(root)).label == "hf-faces"
    assert HuggingFace("someone/Celeb-Faces").version() == ""
    save(tmp_path, "train/a.png")
    before = HuggingFace(str(tmp_path)).version()
    save(tmp_path, "train/b.png")
    assert HuggingFace(str(tmp_path)).version() != before
