"""The laws of all components, and what the laws of degradations, metrics and models have in common."""

from __future__ import annotations

import pickle

import torch
from torch import Tensor

from ..contracts import specs
from ..contracts.parameters import parameters_of
from . import fixtures
from .law import Case, NotApplicable, law, laws_of, require, require_tensor


@law("begin the docstring with a line that says what it is, and give parameters their help: param(8, '…')", always=True)
def is_described(case: Case) -> None:
    """The component and each of its parameters have a line of description."""
    for part in case.component._members():
        require(bool(type(part).description()), f"{type(part).__name__} has no docstring of its own")
        silent = [p.name for p in parameters_of(type(part)).values() if not p.help]
        require(not silent, f"no help for {', '.join(silent)}")


@law("leave __str__ and __eq__ to the frozen dataclass: equal parameters, equal components", always=True)
def spec_gives_it_back(case: Case) -> None:
    """The text of a component, read again, gives an equal component."""
    for part in case.component._members():
        for text in (str(part), specs.format_spec(part, defaults=True)):
            name, pairs = specs.split_spec(text)
            require(name == part.name, f"'{text}' does not name {part.name}")
            again = specs.build(type(part), pairs)
            require(again == part, f"'{text}' gives {again!r}, not {part!r}")


@law("define the class at the top level of its module, and keep nothing in it but its parameters", always=True)
def can_be_pickled(case: Case) -> None:
    """A component can be sent to the process of a trial."""
    again = pickle.loads(pickle.dumps(case.component))
    require(type(again) is type(case.component), f"{type(again)} came back")
    require(str(again) == str(case.component), f"'{again}' came back, not '{case.component}'")


LAWS = laws_of(globals())


class ImageCase(Case):
    """A component that works on batches of images."""

    output: str
    """What it gives, as evidence names it."""
    sides: tuple[tuple[int, int], ...]
    """Heights and widths at which it is tried."""

    def reason(self, size: int, channels: int = 3) -> str | None:
        """Say why the component cannot be had for images of this size, or None."""
        return None

    def answer(self) -> tuple[Tensor, Tensor]:
        """Give the component a few images; return them, and what it makes of them."""
        raise NotImplementedError

    def works(self, n: int, height: int, width: int, channels: int = 3) -> None:
        """Raise Broken unless a batch of these dimensions comes back whole."""
        raise NotImplementedError

    @property
    def side(self) -> int:
        """The size at which it is tried."""
        return self.size

    def unavailable(self) -> str | None:
        return self.reason(self.side)

    def clean(self, n: int = 4, height: int = 0, width: int = 0, channels: int = 3) -> Tensor:
        """Make pictures in [0, 1] on the device, squares of `side` px if nothing else is said."""
        return (fixtures.pictures(n, height or self.side, width, channels).float() / 255).to(self.device)


# ── laws of several kinds, each with a way out of its own ────────────────────────────────────────────────────────────


def keeps_the_shape(case: ImageCase) -> None:
    """The images that come out have the shape of those that went in."""
    given, found = case.answer()
    require_tensor(found, case.output, given.shape)


def keeps_the_device(case: ImageCase) -> None:
    """What comes out is on the device of the images that went in."""
    given, found = case.answer()
    require(found.device == given.device, f"went in on {given.device}, came out on {found.device}")


def keeps_the_dtype(case: ImageCase) -> None:
    """What comes out is float32, as the images are that went in."""
    _, found = case.answer()
    require(found.dtype == torch.float32, f"{case.output} are {found.dtype}")


def takes_a_single_image(case: ImageCase) -> None:
    """A batch may hold one image."""
    case.works(1, case.side, case.side)


def takes_any_size(case: ImageCase) -> None:
    """It works at every size for which `unavailable` gives no reason, odd ones too."""
    for height, width in case.sides:
        if case.reason(height) is None:
            try:
                case.works(2, height, width)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                error.add_note(f"at {height} × {width} px")
                raise


def takes_greyscale(case: ImageCase) -> None:
    """It works on images of one channel, unless `unavailable` says why not."""
    if reason := case.reason(case.side, 1):
        raise NotApplicable(reason)
    case.works(2, case.side, case.side, 1)
