"""Which components a name means: a spec, a kind, all of them, or what a plugin's file brings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..contracts import specs
from ..contracts.component import Component
from ..errors import PluginError, SpecError, did_you_mean
from ..registry.registry import KINDS, Registry
from ..registry.validation import ALL


def choose(registry: Registry, texts: Sequence[str], files: Sequence[Path] = ()) -> tuple[list[Component], list[str]]:
    """Choose the components that texts mean and files bring; also return, of those that need a parameter, what it is.

    A text is a spec (`unet:width=16`; of every kind that has the name), a kind (`model`), or `all`. Raises SpecError,
    or PluginError for a file that brings nothing.
    """
    found: list[Component] = []
    classes: list[type[Component]] = []
    for text in texts:
        kinds = [kind for kind in KINDS if text in (ALL, kind, f"{kind}s")]
        classes += [component for kind in kinds for component in registry.of(kind).values()]
        found += [] if kinds else _named(registry, text)
    for path in files:
        brought = [c for c, own in registry.origin.items() if isinstance(c, type) and own.distribution == path.name]
        if not brought:
            raise PluginError(f"{path} brings no component: return its class from a hook such as benchbench_models")
        classes += brought
    lacking = []
    for component in classes:
        try:
            found.append(specs.build(component, []))
        except SpecError as reason:
            lacking.append(str(reason))
    return list({(type(c), str(c)): c for c in found}.values()), lacking


def _named(registry: Registry, text: str) -> list[Component]:
    """Resolve a spec among all kinds; its parameters must fit one of them. Raises SpecError."""
    if specs.parts_of(text) != [text]:
        return [registry.resolve("degradation", text)]
    name, _ = specs.split_spec(text)
    kinds = [kind for kind in KINDS if name in registry.of(kind)]
    if not kinds:
        known = {ALL, *KINDS, *(name for kind in KINDS for name in registry.of(kind))}
        raise SpecError(f"unknown component '{name}': {did_you_mean(name, known)}")
    found, errors = [], []
    for kind in kinds:
        try:
            found.append(registry.resolve(kind, text))
        except SpecError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    return found
