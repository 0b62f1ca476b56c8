"""What a component's results depend on: a digest of its source, of its base classes' and of what these import.

Of what they import there count the packages of plugins and what lies in the same folder: not benchbench itself, for
which the protocol's version speaks, nor libraries, whose versions a result tells.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import importlib.util
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..files import digest
from .code import code_digest, is_by_value
from .component import Component

_PARSING = threading.Lock()  # CPython 3.11's ast.parse raises SystemError where another thread parses meanwhile
_LIBRARIES = {"site-packages", "dist-packages"}


def source_digest(component: Component) -> str:
    """Digest the source of a component, its base classes and what they import, and its version: 16 hexadecimal digits.

    benchbench's own files and those of libraries do not count. Of a class in a notebook or a script what counts is its
    own code, and what that refers to, see `code`.
    """
    parts = [class_digest(type(p)) + p.version() for p in component._members()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def class_digest(component: type) -> str:
    """Digest the source that a class depends on, as 64 hexadecimal digits."""
    if is_by_value(component):
        return code_digest(component, _own_digest)
    bases = dict.fromkeys(base.__module__ for base in component.__mro__[1:])
    own = [m for m in bases if m != component.__module__ and (_comes_with_a_plugin(m) or _own_folder(_top(m)))]
    return module_digest(component.__module__, *own)


def _own_digest(module: str) -> str:
    """Digest a module that is the user's own; of others the version says what they do."""
    return module_digest(module) if module and _own_folder(_top(module)) else ""


@functools.cache
def module_digest(*modules: str) -> str:
    """Digest the source of modules and of what they import, as 64 hexadecimal digits."""
    whole = hashlib.sha256()
    for name, (_, source) in sorted(sources_of(*modules).items()):
        whole.update(name.encode() + b"\0" + source.replace(b"\r\n", b"\n") + b"\0")
    return whole.hexdigest()


def sources_of(*modules: str) -> dict[str, tuple[Path, bytes]]:
    """Read the files of modules and of what they import, as far as a digest follows it, by the modules' names."""
    seen: dict[str, tuple[Path, bytes]] = {}
    found = list(modules)
    while found:
        name = found.pop()
        path = _file_of(name)
        if name in seen or path is None:
            continue
        source = path.read_bytes()
        seen[name] = path, source
        found += [other for other in _imports(name, path, source) if _is_followed(name, other)]
    return seen


def _is_followed(module: str, other: str) -> bool:
    """Return whether `other`, which a module imports, is of its own package or folder, or comes with a plugin."""
    own, top = _top(module), _top(other)
    if own == top or _comes_with_a_plugin(other):
        return True
    return _own_folder(top) is not None and _own_folder(top) == _own_folder(own)


def _comes_with_a_plugin(module: str) -> bool:
    return _top(module) != "benchbench" and _top(module) in _packages_of_plugins(tuple(sys.path))


def _top(module: str) -> str:
    return module.partition(".")[0]


@functools.cache
def _packages_of_plugins(path: tuple[str, ...]) -> frozenset[str]:
    """List the packages and modules at the top of each distribution on the path of modules that brings plugins."""
    points = importlib.metadata.entry_points(group="benchbench")
    packages = {point.dist for point in points if point.dist}
    files = [file.parts[0] for package in packages for file in package.files or ()]
    return frozenset(_top(name) for name in [*files, *(point.value.partition(":")[0] for point in points)])


def _own_folder(top: str) -> Path | None:
    """Return the folder in which the user's own package or module lies; None for benchbench, Python and libraries."""
    if top == "benchbench" or top in sys.stdlib_module_names:
        return None
    path = _file_of(top)
    if path and path.stem == "__init__":
        path = path.parent
    elif path is None:  # a package without __init__.py
        path = next(map(Path, getattr(sys.modules.get(top), "__path__", ())), None)
    return path.parent if path and not _LIBRARIES & {*path.parts} else None


def _file_of(module: str) -> Path | None:
    """Return the file of a module, of Python or compiled, without running it."""
    origin = getattr(sys.modules.get(module), "__file__", None)
    if origin is None:
        package = module.rpartition(".")[0]
        if package and (parent := _file_of(package)) and parent.name != "__init__.py":
            return None  # a name inside a file; looking for it as a module would run that file
        try:
            spec = importlib.util.find_spec(module)
        except (ImportError, ValueError):
            return None
        origin = spec.origin if spec else None
    return Path(origin) if origin and Path(origin).is_file() else None


def _imports(module: str, path: Path, source: bytes) -> Iterator[str]:
    """Name what a module imports, and each name that it imports from there, which may be a module, too."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in _nodes(source) if path.suffix == ".py" else ():
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            names = [base, *(f"{base}{'.' * bool(node.module)}{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))  # import_module("name")
            names = [str(node.args[0].value)] if called in ("import_module", "__import__") else []
        with suppress(ImportError):
            yield from [importlib.util.resolve_name(name, package) for name in names]


def _nodes(source: bytes) -> Iterator[ast.AST]:
    """Yield the syntax tree of a source; nothing of one that is no Python of this version, and so cannot run."""
    with _PARSING, suppress(SyntaxError, ValueError):
        return ast.walk(ast.parse(source))
    return iter(())


def full_spec(component: Component) -> str:
    """Write the spec with every default spelt out: a changed default is another component."""
    return component._spec(defaults=True)


def component_digest(component: Component) -> str:
    """Digest a component's parameters and source."""
    return digest(full_spec(component), source_digest(component))
