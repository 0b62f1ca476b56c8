"""What a component's results depend on: a digest of its source and of the files of its package that it imports."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from ..files import digest
from . import specs
from .code import code_digest, is_by_value
from .component import Component

_PARSING = threading.Lock()  # CPython 3.11's ast.parse raises SystemError where another thread parses meanwhile


def source_digest(component: Component) -> str:
    """Digest a component's source, the files of its package that it imports, and its version, as 16 hexadecimal digits.

    benchbench's own files do not count: the protocol's version speaks for them. Of a class in a notebook or a script
    what counts is its own code, and what that refers to, see `code`.
    """
    parts = [_class_digest(type(p)) + p.version() for p in component._members()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _class_digest(component: type) -> str:
    return code_digest(component, module_digest) if is_by_value(component) else module_digest(component.__module__)


@functools.cache
def module_digest(module: str) -> str:
    """Digest a module's source and the files of its package that it imports, as 64 hexadecimal digits."""
    seen: dict[str, bytes] = {}
    found = [module]
    while found:
        name = found.pop()
        path = _source_of(name)
        if name in seen or path is None:
            continue
        seen[name] = path.read_bytes()
        with _PARSING:
            tree = ast.parse(seen[name])
        imported = _imports(name, tree, is_package=path.name == "__init__.py")
        found += [other for other in imported if other.split(".")[0] == module.split(".")[0]]
    whole = hashlib.sha256()
    for name in sorted(seen):
        whole.update(name.encode() + b"\0" + seen[name].replace(b"\r\n", b"\n") + b"\0")
    return whole.hexdigest()


def _source_of(module: str) -> Path | None:
    origin = getattr(sys.modules.get(module), "__file__", None)
    if origin is None:
        package = module.rpartition(".")[0]
        if package and (parent := _source_of(package)) and parent.name != "__init__.py":
            return None  # a name inside a file; looking for it as a module would run that file
        try:
            spec = importlib.util.find_spec(module)
        except (ImportError, ValueError):
            return None
        origin = spec.origin if spec else None
    return Path(origin) if origin and origin.endswith(".py") and Path(origin).is_file() else None


def _imports(module: str, tree: ast.Module, is_package: bool) -> Iterator[str]:
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            try:
                base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            except ImportError:
                continue
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def full_spec(component: Component) -> str:
    """Write the spec with every default spelt out: a changed default is another component."""
    return "+".join(specs.format_spec(part, defaults=True) for part in component._members())


def component_digest(component: Component) -> str:
    """Digest a component's parameters and source."""
    return digest(full_spec(component), source_digest(component))
