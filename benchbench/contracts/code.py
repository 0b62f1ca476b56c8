"""Digests of classes that no file can be asked for: those of a notebook, a script, or a function.

They travel to child processes by value, as code objects, and their digest is made of the same: what their methods do,
and all in the script that these refer to. Comments, blank lines and the rest of the script do not count.
"""

from __future__ import annotations

import builtins
import dis
import functools
import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...))
_NOTHING = object()
MADE_BY_DATACLASS = {"__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__replace__"}


def is_by_value(thing: Any) -> bool:
    """Tell whether a class or function cannot be imported by its name, so that it travels as its code.

    >>> def build(): ...
    >>> is_by_value(build), is_by_value(dis.dis)
    (True, False)
    """
    found: Any = None if thing.__module__ == "__main__" else sys.modules.get(thing.__module__)
    for name in thing.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is not thing


def code_digest(thing: Any, digest_of: Callable[[str], str]) -> str:
    """Digest a class, a function or a value with all that it refers to, as 64 hexadecimal digits.

    `digest_of` digests a module by its name, or gives nothing where the name says it all.
    """
    whole, seen = hashlib.sha256(), dict[int, tuple[int, Any]]()

    def take(value: Any) -> None:
        if isinstance(value, PLAIN):
            whole.update(f"{type(value).__name__} {value!r}\0".encode(errors="backslashreplace"))
        elif id(value) in seen:
            whole.update(f"again {seen[id(value)][0]}\0".encode())
        else:
            if not isinstance(value, tuple | list | dict | set | frozenset | CodeType):  # these hold no circles
                seen[id(value)] = len(seen), value
            whole.update(f"{type(value).__name__}(\0".encode())
            for part in _parts(value, digest_of):
                take(part)
            whole.update(b")\0")

    take(thing)
    return whole.hexdigest()


def _parts(value: Any, digest_of: Callable[[str], str]) -> Iterator[Any]:
    """Yield what makes up a value that is not plain."""
    if isinstance(value, ModuleType):
        yield from (value.__name__, digest_of(value.__name__))
    elif isinstance(value, type | FunctionType | BuiltinFunctionType) and not is_by_value(value):
        yield from (value.__module__, value.__qualname__, digest_of(value.__module__ or ""))
    elif isinstance(value, type):
        yield from _parts_of_class(value)
    elif isinstance(value, FunctionType):
        yield from _parts_of_function(value)
    elif isinstance(value, CodeType):
        yield from (value.co_code, value.co_consts, value.co_names, value.co_freevars, value.co_exceptiontable)
        yield from (value.co_argcount, value.co_posonlyargcount, value.co_kwonlyargcount, value.co_flags)
    elif isinstance(value, tuple | list):
        yield from value
    elif isinstance(value, set | frozenset):
        yield from sorted(value, key=repr)
    elif isinstance(value, Mapping):
        yield from value.items()
    else:
        yield from _parts_of_object(value)


def _parts_of_class(value: type) -> Iterator[Any]:
    yield from (value.__name__, value.__bases__)  # its qualified name does not travel
    made = MADE_BY_DATACLASS if "__dataclass_params__" in vars(value) else set()
    for name, attribute in sorted(vars(value).items()):
        hidden = name.startswith("__") or name == "_abc_impl"
        if name in made or (hidden and not isinstance(attribute, FunctionType)) or _is_inherited(value, name):
            continue  # what its base has as well changes nothing, and does not travel
        yield from (name, attribute)


def _is_inherited(value: type, name: str) -> bool:
    """Return whether a class without this attribute of its own would have the same one."""
    own = vars(value)[name]
    there = next((vars(base)[name] for base in value.__mro__[1:] if name in vars(base)), _NOTHING)
    return own is there or (isinstance(own, PLAIN) and type(own) is type(there) and own == there)


def _parts_of_function(value: FunctionType) -> Iterator[Any]:
    yield from (value.__code__, value.__defaults__, value.__kwdefaults__)
    for cell in value.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # nothing was bound to it yet
            yield "nothing"
    for name in sorted(_globals(value.__code__)):
        if name in value.__globals__:
            yield from (name, value.__globals__[name])
        elif not hasattr(builtins, name):
            yield name


def _globals(code: CodeType) -> set[str]:
    """Name the globals that a code object, or one inside it, reads."""
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    own = {step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return own.union(*map(_globals, inner))


def _parts_of_object(value: Any) -> Iterator[Any]:
    """Yield what an instance is made of: a wrapper's function, an array's bytes, of others what is pickled."""
    if isinstance(value, staticmethod | classmethod):
        yield value.__func__
    elif isinstance(value, property):
        yield from (value.fget, value.fset)
    elif isinstance(value, functools.cached_property):
        yield value.func
    elif hasattr(value, "__wrapped__"):
        yield value.__wrapped__
    elif (torch := sys.modules.get("torch")) and isinstance(value, torch.Tensor):
        raw = value.detach().cpu().contiguous().reshape(-1)
        yield from (str(value.dtype), tuple(value.shape), raw.view(torch.uint8).numpy().tobytes())
    elif (numpy := sys.modules.get("numpy")) and isinstance(value, numpy.ndarray) and not value.dtype.hasobject:
        yield from (str(value.dtype), value.shape, value.tobytes())
    else:
        try:
            reduced = value.__reduce_ex__(4)
        except TypeError:  # it cannot be pickled, and so cannot be sent either
            return
        if isinstance(reduced, str):
            yield reduced
            return
        yield from reduced[:3]
        yield from (item for items in reduced[3:5] for item in items or ())
