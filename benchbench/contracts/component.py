"""What every component is: a frozen dataclass with a name, whose fields are its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from . import specs
from .weights import Weights

if TYPE_CHECKING:
    pass


class Component:
    """What the four contracts share: a name, and parameters.

    Parameters are the fields of a frozen dataclass, of type bool, int, float, str, Range or Literal (or one of them
    `| None`): `width: int = param(16, "channels", low=1)`. Raises SpecError on construction if one is out of range.
    """

    name: ClassVar[str]
    default: ClassVar[bool] = False
    """Whether `benchbench run` takes this one when none of its kind is named."""
    weights: ClassVar[tuple[Weights, ...]] = ()
    """Files of pretrained weights that it can use; `benchbench weights` lists them, and downloads them if asked."""

    def __post_init__(self) -> None:
        for parameter in specs.parameters(type(self)).values():
            value = specs.checked(type(self), parameter, getattr(self, parameter.name))
            object.__setattr__(self, parameter.name, value)

    def __str__(self) -> str:
        return specs.format_spec(self)

    def version(self) -> str:
        """What else than parameters and source determines the results: files read, a library that writes files."""
        return ""

    def _members(self) -> tuple[Component, ...]:
        """The components that this one is made of: itself, or the parts of a chain."""
        return (self,)

    @classmethod
    def description(cls) -> str:
        """The first line of the class's own docstring."""
        text = (cls.__dict__.get("__doc__") or "").strip()
        return text.splitlines()[0].rstrip(".") if text and not text.startswith(cls.__name__ + "(") else ""


"""Why a metric of regions cannot be had where there is none; the data and the degradation never change that."""
