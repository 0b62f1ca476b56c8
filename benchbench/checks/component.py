"""The laws of all components: they can be described, written down and sent to another process."""

from __future__ import annotations

import pickle

from ..contracts import specs
from ..contracts.parameters import parameters_of
from .law import Case, law, laws_of, require


@law(
    "begin the docstring with a line that says what it is, and give parameters their help: param(8, '…')",
    always=True,
)
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
