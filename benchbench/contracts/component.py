"""What every component is: a frozen dataclass with a name, whose fields are its parameters."""

from __future__ import annotations

from typing import ClassVar

from . import specs
from .parameters import checked, parameters_of
from .weights import Weights

KIND_NAMES = ("dataset", "degradation", "model", "metric")


class Component:
    """A data set, degradation, model or metric: it has a name, and parameters.

    Parameters are the fields of a frozen dataclass, of type bool, int, float, str, Range or Literal, or one of these
    `| None`: `width: int = param(16, "channels", low=1)`. Construction raises SpecError for one out of range.
    """

    name: ClassVar[str]
    default: ClassVar[bool] = False
    """Whether `benchbench run` takes this one when none of its kind is named; of models it takes all."""
    weights: ClassVar[tuple[Weights, ...]] = ()
    """Files of pretrained weights that it can use; `benchbench weights` lists them, and downloads them if asked."""

    def __post_init__(self) -> None:
        for parameter in parameters_of(type(self)).values():
            value = checked(type(self), parameter, getattr(self, parameter.name))
            object.__setattr__(self, parameter.name, value)

    def __str__(self) -> str:
        return self._spec()

    def _spec(self, *, defaults: bool = False) -> str:
        """Write the spec that gives this component back; with `defaults`, those are spelt out, too."""
        return specs.format_spec(self, defaults=defaults)

    def version(self) -> str:
        """Name what else determines the results: files that it reads, a library that writes files."""
        return ""

    def _members(self) -> tuple[Component, ...]:
        """List the components that this one is made of: itself, or the parts of a chain."""
        return (self,)

    @classmethod
    def description(cls) -> str:
        """Return the first line of the class's own docstring."""
        text = (cls.__dict__.get("__doc__") or "").strip()
        return text.splitlines()[0].rstrip(".") if text and not text.startswith(cls.__name__ + "(") else ""
