"""Whole folders at random: what comes of each is an image, a listed reason, or one line. Nothing else may happen.

`BENCHBENCH_FUZZ=10000 pytest -m slow tests/plugins/test_fuzz.py -n 0` tries ten thousand folders, and
`--hypothesis-show-statistics` tells how often each end was reached.
"""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from photographs import disc, encoded, noise, odd_exif, swapped_profile
from pictures import bomb
from PIL import Image

from benchbench import DataError, Images, is_image_name
from benchbench.cli import main
from benchbench.data.images import check_columns, check_ids, check_masks, check_pixels
from benchbench_plugins.datasets.folder import Folder

CASES = int(os.environ.get("BENCHBENCH_FUZZ", "60"))
SIZE = 16


def exif(tags: dict[int, Any]) -> bytes:
    block = Image.Exif()
    block.update(tags)
    return block.tobytes()


SMALL = [noise(20, 16, seed=1), noise(16, 24, seed=2), noise(17, 17, seed=3)]
PALETTE = disc(20, 20).convert("P")
VALID = [
    *(encoded(image, form) for image in SMALL for form in ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")),
    *(encoded(SMALL[0].convert(mode), "PNG") for mode in ("L", "LA", "P", "1", "RGBA", "I;16")),
    *(encoded(SMALL[1], "JPEG", exif=exif({0x0112: turn})) for turn in (3, 6, 8, 99)),
    *(encoded(SMALL[2].convert(mode), "TIFF") for mode in ("F", "I", "CMYK", "LAB")),
    encoded(SMALL[1], "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7fgarbage"),
    encoded(SMALL[1], "JPEG", exif=odd_exif()),
    encoded(SMALL[1].convert("CMYK"), "JPEG"),
    encoded(SMALL[0], "PNG", icc_profile=swapped_profile()),
    encoded(SMALL[0], "PNG", icc_profile=b"no profile"),
    encoded(SMALL[0], "GIF", save_all=True, append_images=SMALL[1:2]),
    encoded(SMALL[0], "MPO", save_all=True, append_images=SMALL[1:2]),
    encoded(PALETTE, "PNG", transparency=0),
    encoded(noise(4, 90), "PNG"),
]
OTHER = [
    b"",
    b"text",
    b"<html><p>Sorry",
    b"\0" * 40,
    bomb(60_000, 60_000),
    b"BM",
    b"II*\0",
    b"\0\0\0\x18ftypheic" + bytes(20),
]
MASKS = [
    encoded(image, "PNG") for image in (disc(20, 16), disc(16, 24), disc(17, 17, "1"), PALETTE, disc(17, 17, "RGB"))
]
STEMS = [
    "a",
    "b",
    "A",
    "Zoë",
    "Zoe\u0308",
    "0",
    "00",
    "a b",
    "a.b",
    "a_mask",
    "-x",
    "[red]",
    "%s",
    "ﬁ",
    "名",
    "😀",
    "..a",
    "x" * 200,
]
STEMS += ["a\nb", "a\\b", "\udcff", "{", "=1", "\u202eb", "con", "~"]
SUFFIXES = [
    ".png",
    ".jpg",
    ".JPG",
    ".tif",
    ".webp",
    ".gif",
    ".heic",
    ".jxl",
    ".dng",
    ".mpo",
    ".psd",
    "",
    ".txt",
    ".bak",
    ".png ",
]
FOLDERS = [
    "",
    "",
    "",
    "sub/",
    "sub/deep/",
    "masks/",
    "masks/sub/",
    "@eaDir/",
    ".hidden/",
    "__MACOSX/",
    "a.png/",
    "a\nb/",
    "\udcff/",
    "Zoe\u0308/",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    content = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(0, 4))):
        content[draw(st.integers(0, min(len(content) - 1, 300)))] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.integers(0, len(content)))])


name = st.builds(str.__add__, st.sampled_from(STEMS), st.sampled_from(SUFFIXES))
content = st.one_of(
    st.sampled_from(VALID), st.sampled_from(VALID), st.sampled_from(MASKS), st.sampled_from(OTHER), damaged()
)
links = st.builds(
    lambda to: Path(to), st.sampled_from(["a.png", ".", "..", "/etc/hostname", "nowhere", "sub", "itself"])
)
files = st.dictionaries(
    st.builds(str.__add__, st.sampled_from(FOLDERS), name), st.one_of(content, content, content, links), max_size=7
)
cell = st.one_of(
    name, st.sampled_from(["", "ann", "train", "test", "val", "1", "nan", "1e99", "=cmd", "é", '"', ",", "sub/a.png"])
)
heads = st.sampled_from(
    [["file"], ["file", "identity"], ["file", "split"], ["file", "x", "identity", "split"], ["x"], ["file;x"]]
)


@st.composite
def tables(draw: st.DrawFn, known: list[str]) -> bytes:
    head = draw(heads)
    first = st.sampled_from(known) if known else cell
    rows = draw(st.lists(st.tuples(st.one_of(first, first, cell), cell, cell, cell), max_size=6))
    text = "\n".join(",".join(row[: len(head)]) for row in [head, *rows])
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"]))
    return text.encode(encoding, "replace")


@st.composite
def trees(draw: st.DrawFn) -> dict[str, bytes | Path]:
    tree = {"good.png": VALID[1]} | dict(draw(files))
    if draw(st.booleans()):
        tree[draw(st.sampled_from(["attributes.csv", "attributes.csv", "../attributes.csv"]))] = draw(
            tables(list(tree))
        )
    return tree


parameters = st.fixed_dictionaries(
    {},
    optional={
        "crop": st.sampled_from(["top", "centre"]),
        "limit": st.integers(1, 3),
        "upscale": st.booleans(),
        "identities": st.just("ignore"),
        "masks": st.just("sub"),
    },
)


def write(root: Path, tree: dict[str, bytes | Path]) -> list[Path]:
    """Write what the file system takes; returns the files and links."""
    written = []
    for where, what in tree.items():
        path = root / where
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(what) if isinstance(what, Path) else path.write_bytes(what)
        except (OSError, UnicodeError):  # a name that is taken, or none here
            continue
        written.append(path)
    return written


def is_line(text: str) -> bool:
    return bool(text.strip()) and "\n" not in text.strip() and "Traceback" not in text and bool(text.encode())


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that restores."""
    place = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("BENCHBENCH_CACHE", str(place / "cache"))
        options = ["--dataset", "faces:n=60", "--size", str(SIZE), "--degrade", "pixelate", "--model", "basic-cnn"]
        options += ["--budget", "1epochs", "--metric", "psnr", "--device", "cpu", "--out", str(place / "runs")]
        done = CliRunner().invoke(main, ["run", *options])
    assert done.exit_code == 0, done.output
    return place / "runs"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def check_loading(root: Path, params: dict[str, Any]) -> None:
    dataset = Folder(str(root), **params)
    try:
        dataset.version()
        images = dataset.load(SIZE)
    except DataError as error:
        images, message = None, str(error)
    else:
        message = "loaded"
    assert is_line(message), message
    event(f"folder: {'images' if images else 'a line'}{' and reasons' * bool(images and images.skipped)}")
    if images:
        check_images(dataset, images)
        listed = sum(file not in ("attributes.csv", "masks") for file, _ in images.skipped)
        known = [f for f in _plain_files(root, params) if is_image_name(f) and not f.startswith(".")]
        assert "limit" in params or len(images.ids) + listed >= len(known)


def check_images(dataset: Folder, images: Images) -> None:
    check_pixels(images, SIZE, dataset)
    check_masks(images, SIZE, dataset)
    check_ids(images, dataset)
    check_columns(images, dataset)
    for file, why in images.skipped:
        assert is_line(why), why
        assert file.encode()


def _plain_files(root: Path, params: dict[str, Any]) -> Iterator[str]:
    """The files that lie in no folder of masks or rubbish, relative to the root."""
    aside = {Path(params.get("masks", "masks")).name, "@eaDir", "__MACOSX"}
    for _, folders, inside in os.walk(root):
        folders[:] = [f for f in folders if f not in aside and not f.startswith(".")]
        yield from inside


def check_command(arguments: list[str], out: Path) -> None:
    done = CliRunner().invoke(main, arguments)
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code in (0, 1, 2), done.output
    assert "Traceback" not in done.output
    event(f"{arguments[0]}: exit code {done.exit_code}")
    assert done.exit_code == 0 or done.stderr.strip()
    for picture in out.rglob("*.png"):
        with Image.open(picture) as image:
            image.load()


@pytest.mark.slow
@pytest.mark.timeout(0)
@given(trees(), parameters, st.data())
@settings(
    max_examples=CASES,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
def test_a_folder_ends_in_images_reasons_or_a_line(
    place: Path, runs: Path, tree: dict[str, bytes | Path], params: dict[str, Any], data: st.DataObject
) -> None:
    root, out = place / "above/set", place / "out"
    root.mkdir(parents=True)
    try:
        written = write(root, tree)
        if "masks" in params:
            params = params | {"masks": str(root / params["masks"])}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check_loading(root, params)
            if written:
                chosen = [str(p) for p in data.draw(st.lists(st.sampled_from(written), min_size=1, max_size=2))]
                if data.draw(st.booleans()):
                    check_command(["degrade", "--with", "pixelate", "--out", str(out), "--", *chosen], out)
                else:
                    options = ["--degrade", "pixelate", "--runs", str(runs), "--out", str(out)]
                    check_command(["restore", "--whole", *options, "--", *chosen], out)
    finally:
        shutil.rmtree(place / "above")
        shutil.rmtree(out, ignore_errors=True)
