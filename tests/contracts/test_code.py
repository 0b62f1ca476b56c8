"""The digest of a class that no file can be asked for follows its code, and that of what it refers to, and no more."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent
from typing import Any

import cloudpickle
import pytest

from benchbench.contracts.code import is_by_value
from benchbench.contracts.digests import source_digest

SCRIPT = """
    from dataclasses import dataclass
    from benchbench import Model, param
    from torch import nn

    WIDTHS = {"small": 4, "large": 8}
    UNUSED = 1

    def head(width):
        return nn.Conv2d(width, 3, 1)

    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.layer = nn.Conv2d(3, width, 3, padding=1)

    @dataclass(frozen=True)
    class Mine(Model):
        name = "mine"
        role = ""  # as its base has it: such attributes do not travel
        loss = Model.loss
        width: int = param(4, "channels", low=1)
        rates = {"width": (1, 2)}

        def build(self, task):
            return nn.Sequential(*[Block(w) for w in WIDTHS.values()], head(self.width))
"""


def made(script: str, module: str = "__main__") -> Any:
    """The model of a script, made as a notebook's cells would make it."""
    names: dict[str, Any] = {"__name__": module}
    exec(dedent(script), names)
    return names["Mine"]()


CHANGES = {
    "a method": ("*[Block", "nn.ReLU(), *[Block", True),
    "a class that it uses": ("padding=1", "padding=2", True),
    "a function that it uses": ("Conv2d(width, 3, 1)", "Conv2d(width, 3, 1, bias=False)", True),
    "a value that it reads": ('"large": 8', '"large": 9', True),
    "an attribute of the class": ("(1, 2)", "(1, 3)", True),
    "what it does not use": ("UNUSED = 1", "UNUSED = 2", False),
    "a comment, and the place": ("    UNUSED", "    # why\n\n    UNUSED", False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_digest_follows_the_code_of_a_class_and_of_what_it_uses(change: str) -> None:
    old, new, other = CHANGES[change]
    assert old in SCRIPT
    assert (source_digest(made(SCRIPT.replace(old, new))) != source_digest(made(SCRIPT))) == other


def test_another_process_that_gets_the_class_by_value_finds_the_same_digest() -> None:
    component = made(SCRIPT)
    assert is_by_value(type(component))
    code = "import pickle, sys; from benchbench.contracts.digests import source_digest; "
    code += "print(source_digest(pickle.load(sys.stdin.buffer)), end='')"
    done = subprocess.run([sys.executable, "-c", code], input=cloudpickle.dumps(component), capture_output=True)
    assert done.stdout.decode() == source_digest(component), done.stderr.decode()


def test_a_class_that_can_be_imported_is_digested_by_its_file() -> None:
    import toys

    assert not is_by_value(toys.TinyConv)
    assert is_by_value(type(made(SCRIPT, "toys")))
