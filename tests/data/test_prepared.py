"""Prepared data sets: splits that hold still, contracts kept, a fingerprint, and a cache."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
import toys
from hypothesis import given
from hypothesis import strategies as st

from benchbench import DataError, Dataset, Images, protocol
from benchbench.data import prepared
from benchbench.data.images import check_images, split_of, splits_of

SIZE = 6


def images(**changes: Any) -> Images:
    """Twelve portraits that keep the contract, but for the changes."""
    return replace(toys.ToyFaces(12).load(SIZE), **changes)


@dataclass(frozen=True)
class Given(Dataset):
    """The images that a test hands over."""

    name = "given"

    loaded: ClassVar[int] = 0
    images: ClassVar[Images] = images()
    state: ClassVar[str] = ""
    meet: ClassVar[Callable[[], Any]] = int

    def load(self, size: int) -> Images:
        type(self).loaded += 1
        self.meet()
        return self.images

    def version(self) -> str:
        return self.state


@pytest.fixture
def given_images(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Given]:
    """A function that sets what the data set holds."""
    monkeypatch.setattr(Given, "loaded", 0)

    def give(found: Images | None = None, version: str = "") -> Given:
        monkeypatch.setattr(Given, "images", images() if found is None else found)
        monkeypatch.setattr(Given, "state", version)
        return Given()

    return give


def fingerprint(found: Images, cache: Path, give: Callable[..., Given]) -> str:
    """The fingerprint of these images, made without the cache."""
    number = len(list(cache.glob("*")))
    return prepared.load(prepared.prepare(give(found), SIZE, cache / str(number))).fingerprint


# ── splits ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_many_names_are_split_80_10_10() -> None:
    counts = Counter(split_of(f"image-{i}") for i in range(20_000))
    assert counts["train"] / 20_000 == pytest.approx(0.8, abs=0.01)  # 3.5 standard deviations
    assert counts["validation"] / 20_000 == pytest.approx(0.1, abs=0.008)
    assert counts["test"] / 20_000 == pytest.approx(0.1, abs=0.008)
    assert protocol.SETTINGS["splits"] == {"train": 0.8, "validation": 0.1, "test": 0.1}


@given(before=st.integers(12, 40), added=st.integers(1, 40))
def test_adding_images_moves_none(before: int, added: int) -> None:
    few, many = (splits_of(toys.ToyFaces(n).load(2)) for n in (before, before + added))
    assert many[:before] == few


def test_all_images_of_a_person_fall_into_one_split(cache: Path, given_images: Callable[..., Given]) -> None:
    people = [f"person-{i}" for i in range(20)]
    whole = toys.ToyFaces(60).load(SIZE)
    found = prepared.load(prepared.prepare(given_images(replace(whole, identities=people * 3)), SIZE, cache))
    assert found.splits == [split_of(person) for person in people] * 3
    assert set(found.splits) == set(prepared.SPLITS)
    assert found.persons == [*range(20)] * 3
    assert found.persons_in([found.ids[i] for i in (5, 25, 3, 43)]) == [0, 0, 1, 1]
    assert found.persons_in(found.ids[:20]) == []  # each shows another


def test_official_splits_replace_the_hash(cache: Path, given_images: Callable[..., Given]) -> None:
    official = ["test"] * 3 + ["validation"] * 2 + ["train"] * 7
    people = ["one person"] * 12
    found = prepared.load(prepared.prepare(given_images(images(splits=official, identities=people)), SIZE, cache))
    assert found.counts() == {"train": 7, "validation": 2, "test": 3}
    assert found.indices("validation") == [3, 4]


# ── the contract ─────────────────────────────────────────────────────────────────────────────────────────────────────

WHOLE = images()
assert WHOLE.masks is not None
VIOLATIONS = {
    "float pixels": (replace(WHOLE, pixels=WHOLE.pixels.float()), "pixels are torch.float32 (12, 3, 6, 6), not uint8"),
    "grey pixels": (replace(WHOLE, pixels=WHOLE.pixels[:, :1]), "(12, 1, 6, 6), not uint8 (12, 3, 6, 6) for 12 ids"),
    "another size": (replace(WHOLE, pixels=WHOLE.pixels[..., 1:]), "(12, 3, 6, 5), not uint8 (12, 3, 6, 6)"),
    "an id too few": (replace(WHOLE, ids=WHOLE.ids[1:]), "(12, 3, 6, 6), not uint8 (11, 3, 6, 6) for 11 ids"),
    "no tensor": (replace(WHOLE, pixels=WHOLE.pixels.numpy()), "pixels are ndarray, not a uint8 tensor"),
    "masks of bytes": (replace(WHOLE, masks=WHOLE.masks.byte()), "masks are torch.uint8 (12, 1, 6, 6), not bool"),
    "flat masks": (replace(WHOLE, masks=WHOLE.masks[:, 0]), "masks are torch.bool (12, 6, 6), not bool (12, 1, 6, 6)"),
    "an id twice": (replace(WHOLE, ids=["a", *WHOLE.ids[2:], "a"]), "the id 'a' stands for more than one image"),
    "an id that is no text": (replace(WHOLE, ids=[1, *WHOLE.ids[1:]]), "the id 1 is no text"),
    "an id that no file can hold": (replace(WHOLE, ids=["\udcff", *WHOLE.ids[1:]]), r"the id '\udcff' is no text"),
    "a short column": (replace(WHOLE, attributes={"age": [1, 2]}), "age has 2 values for 12 images"),
    "few identities": (replace(WHOLE, identities=["a"]), "identities has 1 values for 12 images"),
    "few splits": (replace(WHOLE, splits=["train"]), "splits has 1 values for 12 images"),
    "a strange split": (replace(WHOLE, splits=["dev"] * 12), "'dev' is no split (they are train, validation, test)"),
    "no test images": (
        replace(WHOLE, splits=["train"] * 11 + ["validation"]),
        "too few usable images, 12 in all: test",
    ),
    "one person": (replace(WHOLE, identities=["a"] * 12), "too few usable images, 12 in all"),
    "nothing": (Images([], torch.empty(0, 3, SIZE, SIZE, dtype=torch.uint8)), "too few usable images, 0 in all"),
}


@pytest.mark.parametrize("case", VIOLATIONS)
def test_a_broken_contract_is_named_and_nothing_is_written(
    case: str, cache: Path, given_images: Callable[..., Given]
) -> None:
    broken, message = VIOLATIONS[case]
    with pytest.raises(DataError) as caught:
        prepared.prepare(given_images(broken), SIZE, cache)
    assert str(caught.value).startswith("given: ")
    assert message in str(caught.value)
    assert list(cache.rglob("*.npy")) == []


def test_too_few_images_are_explained_by_what_was_skipped() -> None:
    skipped = [("a.jpg", "is truncated"), ("b.jpg", "is truncated"), ("c.gif", "is animated")]
    found = images(splits=["train"] * 12, skipped=skipped)
    with pytest.raises(DataError, match=r"\(3 were skipped: is truncated; is animated\).*test has 0, needs 2"):
        check_images(found, SIZE, Given())


# ── the fingerprint ──────────────────────────────────────────────────────────────────────────────────────────────────


def changed(tensor: torch.Tensor, place: tuple[int, ...]) -> torch.Tensor:
    """A copy with another value in one place."""
    copy = tensor.clone()
    copy[place] = ~copy[place] if copy.dtype == torch.bool else copy[place] + 1
    return copy


def test_equal_data_has_equal_fingerprints_wherever_it_came_from(
    cache: Path, given_images: Callable[..., Given]
) -> None:
    reference = fingerprint(WHOLE, cache, given_images)
    strided = WHOLE.pixels.to(memory_format=torch.channels_last)
    assert fingerprint(replace(WHOLE, pixels=strided, ids=tuple(WHOLE.ids)), cache, given_images) == reference
    assert fingerprint(replace(WHOLE, attributes={}, skipped=[("x", "y")]), cache, given_images) == reference
    assert toys.portraits(cache, toys.ToyFaces(12), SIZE).fingerprint == reference


MASKS = WHOLE.masks
SPLITS = splits_of(WHOLE)
CHANGES = {
    "the first pixel": {"pixels": changed(WHOLE.pixels, (0, 0, 0, 0))},
    "the last pixel": {"pixels": changed(WHOLE.pixels, (-1, -1, -1, -1))},
    "a mask's pixel": {"masks": changed(MASKS, (-1, 0, -1, -1))},
    "no masks": {"masks": None},
    "an id": {"ids": ["renamed", *WHOLE.ids[1:]], "splits": SPLITS},
    "two ids": {"ids": [*WHOLE.ids[1::-1], *WHOLE.ids[2:]], "splits": SPLITS},
    "a split": {"splits": ["validation" if i == SPLITS.index("train") else s for i, s in enumerate(SPLITS)]},
    "the order": {"ids": WHOLE.ids[::-1], "pixels": WHOLE.pixels.flip(0), "masks": MASKS.flip(0)},
}


@pytest.mark.parametrize("case", CHANGES)
def test_changed_data_has_another_fingerprint(case: str, cache: Path, given_images: Callable[..., Given]) -> None:
    one, other = (fingerprint(found, cache, given_images) for found in (WHOLE, replace(WHOLE, **CHANGES[case])))
    assert one != other


# ── the cache ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_loaded_comes_back_from_the_cache(cache: Path, given_images: Callable[..., Given]) -> None:
    attributes = {"age": [None, 1, *torch.arange(10)], "float": ["é"] * 12}
    skipped = [("a.jpg", "is truncated")]
    found = prepared.load(prepared.prepare(given_images(images(attributes=attributes, skipped=skipped)), SIZE, cache))
    assert (found.label, found.spec, found.size, found.ids) == ("given", "given", SIZE, list(WHOLE.ids))
    assert torch.equal(found.pixels, WHOLE.pixels)
    assert found.masks is not None
    assert torch.equal(found.masks, WHOLE.masks)
    assert found.attributes == {"age": [None, 1, *range(10)], "float": ["é"] * 12}
    assert found.skipped == skipped


def test_data_without_masks_has_none(cache: Path) -> None:
    assert toys.portraits(cache, toys.ToyFaces(masked=False)).masks is None


def test_images_are_decoded_once_for_a_size_and_version(cache: Path, given_images: Callable[..., Given]) -> None:
    folders = [prepared.prepare(given_images(version=version), SIZE, cache) for version in ("a", "a", "b", "a")]
    assert Given.loaded == 2
    assert folders[0] == folders[1] == folders[3] != folders[2]
    given_images(toys.ToyFaces(12).load(8))
    assert prepared.prepare(Given(), 8, cache) != folders[2]
    assert Given.loaded == 3


def test_what_a_user_changes_in_memory_does_not_reach_the_cache(cache: Path) -> None:
    before = toys.portraits(cache)
    before.pixels.zero_()
    assert toys.portraits(cache).pixels.any()


def test_two_that_prepare_at_once_both_get_the_whole(
    cache: Path, given_images: Callable[..., Given], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Given, "meet", staticmethod(threading.Barrier(2, timeout=20).wait)
    )  # both are in `load` at once
    dataset = given_images()
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(prepared.prepare(dataset, SIZE, cache))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Given.loaded == 2
    assert found[0] == found[1]
    assert torch.equal(prepared.load(found[0]).pixels, WHOLE.pixels)
    assert list((cache / "data").iterdir()) == [found[0]]


def test_a_cache_folder_that_lost_its_description_is_made_anew(cache: Path) -> None:
    folder = prepared.prepare(toys.ToyFaces(), SIZE, cache)
    (folder / "meta.json").unlink()
    assert len(prepared.load(prepared.prepare(toys.ToyFaces(), SIZE, cache)).ids) == 40
