"""celeba on a small tree of the official layout; the face detector is shown a real face and a wall."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from benchbench import DataError
from benchbench_plugins.datasets.celeba import CelebA

ROWS = {1: (1, -1, -1), 2: (-1, 1, -1), 3: (-1, -1, -1), 4: (-1, -1, 1)}
PEOPLE = {1: 2880, 2: 2937, 3: 2880, 4: 10}
PARTITION = {1: 0, 2: 0, 3: 1, 4: 2}


def write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def make(root: Path, images: str, attributes: str, evaluation: str) -> Path:
    (root / images).mkdir(parents=True)
    for i in ROWS:
        Image.new("RGB", (178, 218), (50 * i, 0, 0)).save(root / images / f"{i:06d}.jpg", quality=95)
    table = "".join(f"{i:06d}.jpg " + " ".join(f"{v:2d}" for v in row) + "\n" for i, row in ROWS.items())
    write(root / attributes, "list_attr_celeba.txt", f"{len(ROWS)}\nEyeglasses Blurry Male \n{table}")
    write(root / attributes, "identity_CelebA.txt", "".join(f"{i:06d}.jpg {p}\n" for i, p in PEOPLE.items()))
    write(root / evaluation, "list_eval_partition.txt", "".join(f"{i:06d}.jpg {p}\n" for i, p in PARTITION.items()))
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path, "img_align_celeba", "", "")


@pytest.mark.parametrize(
    "layout",
    [
        ("img_align_celeba", "", ""),
        ("Img/img_align_celeba", "Anno", "Eval"),
        ("img/img_align_celeba", "Anno", "Eval"),
        ("img_align_celeba/img_align_celeba", "", ""),
        ("img_align_celeba_png/img_align_celeba_png", "", ""),
        ("Img/img_align_celeba/img_align_celeba", "Anno", "Eval"),
    ],
)
def test_all_that_is_known_is_read_from_every_layout(tmp_path: Path, layout: tuple[str, str, str]) -> None:
    images = CelebA(path=str(make(tmp_path, *layout))).load(32)
    assert images.ids == ["000001", "000002", "000003", "000004"]
    assert images.attributes == {"Eyeglasses": [1, 0, 0, 0], "Blurry": [0, 1, 0, 0], "Male": [0, 0, 0, 1]}
    assert images.identities == ["2880", "2937", "2880", "10"]
    assert images.splits == ["train", "train", "validation", "test"]
    assert images.pixels[:, 0, 16, 16].tolist() == pytest.approx([50, 100, 150, 200], abs=4)


@pytest.mark.parametrize(
    ("images", "lists", "named"),
    [
        ("img_align_celeba/img_align_celeba", "", "img_align_celeba"),
        ("img_align_celeba", "img_align_celeba", ""),
        ("Img/img_align_celeba", "Anno", "Img"),
    ],
)
def test_lists_are_found_wherever_they_lie_beside_the_images(
    tmp_path: Path, images: str, lists: str, named: str
) -> None:
    root = make(tmp_path, images, lists, lists)
    assert CelebA(path=str(root / named)).load(16).identities == ["2880", "2937", "2880", "10"]


def test_images_with_unwanted_attributes_are_left_out(root: Path) -> None:
    assert CelebA(path=str(root), without="Eyeglasses Blurry").load(16).ids == ["000003", "000004"]


def test_limit_counts_what_the_filter_leaves(root: Path) -> None:
    images = CelebA(path=str(root), without="Eyeglasses", limit=2).load(16)
    assert images.ids == ["000002", "000003"]
    assert images.splits is None  # no test image is left
    assert images.identities == ["2937", "2880"]


def test_the_middle_square_is_taken(root: Path) -> None:
    tall = Image.new("RGB", (178, 218), (0, 0, 0))
    tall.paste((255, 255, 255), (0, 20, 178, 198))
    tall.save(root / "img_align_celeba/000001.jpg", quality=95)
    assert CelebA(path=str(root)).load(32).pixels[0].min() > 200


def test_only_frontal_faces_are_kept_if_asked(root: Path) -> None:
    from skimage.data import astronaut

    face = Image.fromarray(astronaut()).crop((150, 20, 300, 204)).resize((178, 218))
    face.save(root / "img_align_celeba/000002.jpg")
    images = CelebA(path=str(root), frontal=True).load(32)
    assert images.ids == ["000002"]
    assert dict(images.skipped)["000001.jpg"] == "no frontal face detected"


def test_the_lists_are_optional(root: Path) -> None:
    for name in ("list_attr_celeba.txt", "identity_CelebA.txt", "list_eval_partition.txt"):
        (root / name).unlink()
    images = CelebA(path=str(root)).load(16)
    assert (len(images.ids), dict(images.attributes), images.identities, images.splits) == (4, {}, None, None)
    with pytest.raises(DataError, match=r"list_attr_celeba\.txt"):
        CelebA(path=str(root), without="Blurry").load(16)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list_attr_celeba.txt", ""),
        ("list_attr_celeba.txt", "4\nEyeglasses Blurry\n000001.jpg 1\n"),
        ("list_attr_celeba.txt", "4\nEyeglasses Blurry\n000001.jpg 1 yes\n"),
        ("list_attr_celeba.txt", "<!DOCTYPE html>\n<p>Sorry, you can't view or download this file at this time.\n"),
        ("list_attr_celeba.txt", "2\n<p>Sorry,\n000001.jpg 1\n000002.jpg 1\n"),
        ("list_attr_celeba.txt", "4\nMale\n000001.jpg 1\n000002.jpg 1\n"),
        ("list_attr_celeba.txt", "2\nMale\n000001.jpg 1\n000001.jpg -1\n"),
        ("list_attr_celeba.txt", "1\nMale Male\n000001.jpg 1 1\n"),
        ("identity_CelebA.txt", "000001.jpg\n"),
        ("identity_CelebA.txt", "<html>\n<body> </body>\n"),
        ("identity_CelebA.txt", "quota exceeded\n"),
        ("identity_CelebA.txt", "000001.jpg 1\n000001.jpg 2\n"),
        ("list_eval_partition.txt", "000001.jpg 0 1\n"),
        ("list_eval_partition.txt", "000001.jpg 3\n"),
        ("list_eval_partition.csv", "image_id;partition\n000001.jpg;0\n"),
        ("list_attr_celeba.csv", "image_id,Male\n000001.jpg,1\n000002.jpg\n"),
    ],
)
def test_a_malformed_list_is_named(root: Path, name: str, text: str) -> None:
    (root / name).with_suffix(".txt").unlink()
    (root / name).write_text(text)
    with pytest.raises(DataError, match=name):
        CelebA(path=str(root)).load(16)


def test_a_short_list_of_identities_is_refused(root: Path) -> None:
    (root / "identity_CelebA.txt").write_text("000001.jpg 2880\n000002.jpg 2937\n")
    with pytest.raises(DataError, match=r"identities lacks 2 of 4 images \(000003, 000004\)"):
        CelebA(path=str(root)).load(16)


def test_lists_as_kaggle_has_them_are_read(root: Path) -> None:
    """The same tables with commas, a head and no count."""
    plain = CelebA(path=str(root)).load(16)
    heads = {"identity_CelebA": "image_id identity\n", "list_eval_partition": "image_id partition\n"}
    for stem in ("list_attr_celeba", "identity_CelebA", "list_eval_partition"):
        lines = heads.get(stem, "") + (root / f"{stem}.txt").read_text()
        lines = lines.removeprefix("4\n").replace("Eyeglasses", "image_id Eyeglasses")
        (root / f"{stem}.txt").unlink()
        write(root, f"{stem}.csv", "".join(",".join(line.split()) + "\n" for line in lines.splitlines()))
    images = CelebA(path=str(root)).load(16)
    assert images.attributes == plain.attributes
    assert images.identities == plain.identities
    assert images.splits == plain.splits


def test_without_needs_to_know_the_attributes_of_each_image(root: Path) -> None:
    write(root, "list_attr_celeba.txt", "2\nMale\n000001.jpg 1\n000002.jpg -1\n")
    with pytest.raises(DataError, match=r"without=\"Male\".*lacks 2 of 4 images \(000003, 000004\)"):
        CelebA(path=str(root), without="Male").load(16)
    images = CelebA(path=str(root)).load(16)
    assert images.attributes == {"Male": [1, 0, None, None]}
    assert images.skipped == [("list_attr_celeba.txt", "2 of 4 images have no line: 000003, 000004")]


def test_a_short_list_of_splits_is_refused(root: Path) -> None:
    (root / "list_eval_partition.txt").write_text("000001.jpg 0\n000002.jpg 1\n000003.jpg 2\n")
    with pytest.raises(DataError, match=r"splits lacks 1 of 4 images \(000004\)"):
        CelebA(path=str(root)).load(16)


def test_an_unknown_attribute_is_answered_with_the_known_ones(root: Path) -> None:
    with pytest.raises(DataError, match=r"'Glasses' is no attribute.*Eyeglasses, Blurry, Male"):
        CelebA(path=str(root), without="Glasses").load(16)


def test_label_has_no_path(root: Path) -> None:
    label = CelebA(path=str(root), without="Eyeglasses Blurry", frontal=True, limit=9).label
    assert label == "celeba,limit=9,without=eyeglasses-blurry,frontal=true"


@pytest.mark.parametrize("name", ["img_align_celeba/000003.jpg", "identity_CelebA.txt"])
def test_version_follows_images_and_lists(root: Path, name: str) -> None:
    before = CelebA(path=str(root)).version()
    (root / name).write_bytes(b"changed")
    assert CelebA(path=str(root)).version() != before


def test_what_is_missing_is_said_with_where_to_get_it(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(DataError, match=r"mmlab\.ie\.cuhk\.edu\.hk"):
            CelebA(path=str(path)).load(16)
