"""The laws of data sets."""

from __future__ import annotations

import json
from functools import cached_property

from ..contracts.dataset import Dataset, Images
from ..data.images import check_columns, check_ids, check_masks, check_pixels, check_splits, plain
from ..errors import DataError
from . import component
from .law import Case, NotApplicable, law, laws_of, require, require_close, require_line


class DatasetCase(Case):
    """A data set, loaded once for all laws."""

    component: Dataset

    @cached_property
    def images(self) -> Images:
        """The images at the size tried. Raises DataError where they cannot be had."""
        return self.component.load(self.size)

    def unavailable(self) -> str | None:
        try:
            self.images  # noqa: B018  loaded now, and kept
            return None
        except DataError as reason:
            return str(reason)


@law("raise benchbench.DataError with one line that says what is missing and where it was looked for",
     essential=True, always=True)  # fmt: skip
def loads_or_says_why_not(case: DatasetCase) -> None:
    """`load` gives Images, or raises DataError with one line."""
    try:
        require(isinstance(case.images, Images), f"load gave {type(case.images).__name__}, not Images")
    except DataError as reason:
        require_line(str(reason))


@law("give uint8 (n, 3, size, size), grey images with three equal channels, one image per id", essential=True)
def pixels_are_rgb_squares(case: DatasetCase) -> None:
    """The pixels are 8-bit RGB squares of the size asked for, one per id."""
    check_pixels(case.images, case.size, case.component)


@law("name images by something stable and unique, such as their path within the data set")
def ids_are_unique(case: DatasetCase) -> None:
    """Each image has a name of its own that can be written down."""
    check_ids(case.images, case.component)


@law("give bool (n, 1, size, size), all false where an image has no mask", essential=True)
def masks_are_masks(case: DatasetCase) -> None:
    """The face masks, if there are any, are bool and of one channel per image."""
    if case.images.masks is None:
        raise NotApplicable("it has no face masks")
    check_masks(case.images, case.size, case.component)


@law("give one value per image in each column, None where it is unknown", essential=True)
def columns_have_a_value_an_image(case: DatasetCase) -> None:
    """Attributes, identities and splits have one value per image."""
    check_columns(case.images, case.component)


@law("give text, numbers or None; a NumPy scalar will do, an array will not")
def attributes_are_plain(case: DatasetCase) -> None:
    """Attributes are text, numbers or None."""
    for column, values in case.images.attributes.items():
        try:
            json.dumps([plain(v) for v in values], allow_nan=False)
        except (TypeError, ValueError) as error:
            strange = {type(v).__name__ for v in values}
            require(False, f"the attribute '{column}' holds {', '.join(sorted(strange))}: {error}")


@law("give more images, or official splits by the names train, validation and test")
def splits_are_filled(case: DatasetCase) -> None:
    """There are enough images to train, to validate and to test."""
    check_splits(case.images, case.component)


@law("sort what comes from folders, and draw by `benchbench.generator(seed, id)`")
def loads_the_same_again(case: DatasetCase) -> None:
    """Loading twice gives the same images under the same names in the same order."""
    again = case.component.load(case.size)
    require(list(again.ids) == list(case.images.ids), f"{list(case.images.ids)[:3]} became {list(again.ids)[:3]}")
    require_close(again.pixels, case.images.pixels, "pixels of two loadings")
    if case.images.masks is not None and again.masks is not None:
        require_close(again.masks, case.images.masks, "masks of two loadings")


@law("scale what `size` asks for, odd sizes too, and let it change nothing but the pixels")
def loads_at_any_size(case: DatasetCase) -> None:
    """An odd size gives the same images at that size."""
    size = case.size + 1 - case.size % 2 + 2
    found = case.component.load(size)
    require(list(found.ids) == list(case.images.ids), f"at {size} px the ids are others than at {case.size} px")
    check_pixels(found, size, case.component)
    check_masks(found, size, case.component)
    require(bool((found.pixels != found.pixels.flatten()[0]).any()), f"all pixels are equal at {size} px")


LAWS = (*component.LAWS, *laws_of(globals()))
