"""The digest of a component's source follows its own files that it imports and its base classes, and no libraries."""

from __future__ import annotations

import importlib
import inspect
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
import toys

from benchbench import Degradation
from benchbench.contracts.applying import Chain
from benchbench.contracts.digests import module_digest, source_digest

Write = Callable[[str, str], Path]
COMPONENT = """
    from dataclasses import dataclass
    from benchbench import Degradation, Degraded
    {imports}

    @dataclass(frozen=True)
    class Fog(Degradation):
        name = "fog"

        def apply(self, clean, draw):
            {body}
            return Degraded(clean)
"""


@pytest.fixture
def package(write_module: Write) -> Write:
    """A function that writes a module of a package in which `_blocks` imports `_deep.layers`."""
    write_module("foggy._deep.layers", "DEPTH = 1")
    write_module("foggy._blocks", "from ._deep import layers\n\nDENSITY = layers.DEPTH")
    write_module("foggy._unrelated", "UNUSED = 1")
    return write_module


def component(name: str) -> Degradation:
    """The component of a module."""
    found: Degradation = importlib.import_module(name).Fog()
    return found


def digest(found: Degradation) -> str:
    """Its digest, read anew as a new process would."""
    module_digest.cache_clear()
    return source_digest(found)


IMPORTS = {
    "from ._blocks import DENSITY": "",
    "from . import _blocks": "",
    "import foggy._blocks": "",
    "from foggy._blocks import *": "",
    "": "from ._blocks import DENSITY",
}


@pytest.mark.parametrize("imports", IMPORTS)
@pytest.mark.parametrize("file", ["fog", "_blocks", "_deep.layers", "_deep.__init__"])
def test_digest_changes_with_every_file_that_is_imported(imports: str, file: str, package: Write) -> None:
    path = package("foggy.fog", COMPONENT.format(imports=imports, body=IMPORTS[imports] or "pass"))
    found = component("foggy.fog")
    before = digest(found)
    changed = path.parent.joinpath(*file.split(".")).with_suffix(".py")
    changed.write_text(changed.read_text() + "\n# changed\n")
    assert digest(found) != before


def test_digest_does_not_change_with_what_is_not_imported(package: Write) -> None:
    package("foggy.fog", COMPONENT.format(imports="from ._blocks import DENSITY", body="pass"))
    found = component("foggy.fog")
    before = digest(found)
    package("foggy._unrelated", "UNUSED = 2")
    package("foggy.new", "from . import fog")
    assert digest(found) == before


FOG = COMPONENT.format(imports="{imports}", body="return Degraded(clean + {amount})")
BESIDE = {
    "a helper": ("import my_helper", "my_helper.AMOUNT"),
    "a name of it": ("from my_helper import AMOUNT", "AMOUNT"),
    "a helper of the helper": ("import my_other", "my_other.my_helper.AMOUNT"),
    "a helper by its name": ("from importlib import import_module", "import_module('my_helper').AMOUNT"),
    "a folder without __init__": ("from my_parts.values import AMOUNT", "AMOUNT"),
}


@pytest.mark.parametrize("case", BESIDE)
def test_digest_of_a_single_file_follows_the_files_beside_it(case: str, write_module: Write) -> None:
    imports, amount = BESIDE[case]
    write_module("my_other", "import my_helper")
    helper = write_module("my_helper", "AMOUNT = 0.0")
    values = write_module("my_parts.values", "AMOUNT = 0.0")
    (values.parent / "__init__.py").unlink()
    write_module("my_fog", FOG.format(imports=imports, amount=amount))
    found = component("my_fog")
    before = digest(found)
    for file in (helper, values):
        file.write_text("AMOUNT = 0.3")
    assert digest(found) != before


def test_digest_follows_a_compiled_module(package: Write) -> None:
    compiled = package("foggy._fast", "").with_suffix(EXTENSION_SUFFIXES[0])
    (compiled.parent / "_fast.py").unlink()
    compiled.write_bytes(b"\0compiled")
    package("foggy.fog", COMPONENT.format(imports="", body="from ._fast import thing"))
    found = component("foggy.fog")
    before = digest(found)
    compiled.write_bytes(b"\0compiled anew")
    assert digest(found) != before


def test_a_file_for_another_python_is_read_but_not_followed(package: Write) -> None:
    other = package("foggy._other", "print 'Python 2'")
    package("foggy.fog", COMPONENT.format(imports="", body="from . import _other"))
    found = component("foggy.fog")
    before = digest(found)
    other.write_text("print 'Python 2.7'")
    assert digest(found) != before


@pytest.mark.parametrize("where", ["another package", "another plugin's package among the libraries"])
def test_digest_follows_base_classes_in_other_places(
    where: str, write_module: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    libraries = tmp_path / "site-packages"
    base = write_module("mist.base", COMPONENT.format(imports="from .amounts import AMOUNT", body=""))
    amounts = write_module("mist.amounts", "AMOUNT = 0.0")
    source = "from dataclasses import dataclass\nimport mist.base\n@dataclass(frozen=True)\nclass Fog(mist.base.Fog):\n    pass"
    write_module("foggy.fog", source)
    if where != "another package":
        shutil.move(base.parent, libraries / "mist")
        base, amounts = libraries / "mist" / "base.py", libraries / "mist" / "amounts.py"
        facts = libraries / "mist-1.0.dist-info"
        facts.mkdir()
        (facts / "entry_points.txt").write_text("[benchbench]\nmist = mist.base\n")
        monkeypatch.syspath_prepend(libraries)
    found = component("foggy.fog")
    digests = [digest(found)]
    for file in (base, amounts):
        file.write_text(file.read_text() + "\n# changed\n")
        digests.append(digest(found))
    assert len(set(digests)) == 3
    sys.modules.pop("mist"), sys.modules.pop("mist.base"), sys.modules.pop("mist.amounts", None)


def test_digest_does_not_follow_libraries(tmp_path: Path, write_module: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "site-packages" / "haze.py"
    library.parent.mkdir()
    library.write_text("class Haze: pass")
    monkeypatch.syspath_prepend(library.parent)
    write_module(
        "my_fog", COMPONENT.format(imports="import haze", body="").replace("(Degradation)", "(haze.Haze, Degradation)")
    )
    found = component("my_fog")
    before = digest(found)
    library.write_text("class Haze: THICK = True")
    assert digest(found) == before
    del sys.modules["haze"]


def test_line_endings_do_not_change_the_digest(package: Write) -> None:
    path = package("foggy.fog", COMPONENT.format(imports="from ._blocks import DENSITY", body="pass"))
    found = component("foggy.fog")
    before = digest(found)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert digest(found) == before


def test_files_that_import_each_other_are_read_once(package: Write) -> None:
    package("foggy._blocks", "def later():\n    from . import fog\n    return fog")
    package("foggy.fog", COMPONENT.format(imports="from . import _blocks", body="pass"))
    assert len(digest(component("foggy.fog"))) == 16


def test_files_that_are_imported_late_are_read_but_not_run(package: Write) -> None:
    package("foggy._heavy", "raise RuntimeError('needs a library that is not here')")
    package("foggy.fog", COMPONENT.format(imports="", body="from ._heavy import thing"))
    found = component("foggy.fog")
    before = digest(found)
    assert "foggy._heavy" not in sys.modules
    package("foggy._heavy", "raise RuntimeError('needs a library that is still not here')")
    assert digest(found) != before


def test_a_chain_has_a_digest_of_all_its_parts_in_order() -> None:
    darken, grain = toys.Darken(), toys.Grain()
    assert source_digest(darken) == source_digest(grain)  # one file
    digests = {source_digest(Chain(parts)) for parts in [(darken,), (darken, grain), (darken, grain, darken)]}
    assert len(digests) == 3


def test_parameters_do_not_change_the_digest_of_the_source() -> None:
    assert source_digest(toys.ToyFaces(40)) == source_digest(toys.ToyFaces(41))


class Garbage:
    """Refers to itself, and lets other threads go on when it is collected."""

    def __init__(self) -> None:
        self.cycle = self

    def __del__(self) -> None:
        sum(range(50))


def test_threads_may_ask_for_digests_at_once(write_module: Write) -> None:
    """`ast.parse` of Python 3.11 raises SystemError where garbage is collected and another thread parses meanwhile."""
    names = [f"misty{i}" for i in range(100)]
    for name in names:
        write_module(name, f"NAME = {name!r}\n" + inspect.getsource(toys))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(lambda name: (Garbage(), Garbage(), Garbage(), module_digest(name))[-1], names))
    finally:
        sys.setswitchinterval(before)
    assert len(set(found)) == len(names)
