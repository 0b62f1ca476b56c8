"""Checks of a plugin before it is registered: its hooks exist, its components have the form of their contracts."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from ..contracts import specs
from ..contracts.component import Component
from ..contracts.parameters import checked, parameters_of
from ..errors import PluginError, did_you_mean
from . import hookspecs
from .hookspecs import HOOKS_VERSION

HOOKS: Mapping[str, Any] = MappingProxyType(
    {name: hook for name, hook in vars(hookspecs).items() if name.startswith("benchbench_")}
)
OTHER_VERSION = f"was it written for another version of benchbench's hooks (this one: {HOOKS_VERSION})?"
OVERALL = "overall"  # the page of all degradations of a data set, beside those of each
ALL, DEFAULT = "all", "default"
GROUPS = frozenset({ALL, DEFAULT})
"""Specs that stand for several components."""
RESERVED = frozenset({
    "dataset", "fingerprint", "size", "degradation", "degradation_digest", "test_set", "protocol", "training", "model",
    "role", "sees", "plugin", "parameters", "flops", "epochs", "bytes", "payload", "seed", "seeds", "trainings",
    "tuning_flops", "rank", "equivalent", "gain", "recovered", "rise", "gap", "rung", "status", "reason",
})  # fmt: skip
"""Columns of boards that are no scores. The rest (`rank.high`, `gain.low`) have a dot, which no metric's name has."""


def check_hooks(module: Any) -> None:
    """Raise PluginError for a hook that does not exist, lacks its marker, or wants arguments that are not given.

    pluggy would notice a misspelt hook only after all plugins are loaded, and a missing marker never.
    """
    if (version := getattr(module, "benchbench_hooks", HOOKS_VERSION)) != HOOKS_VERSION:
        raise PluginError(f"written for version {version} of benchbench's hooks; this benchbench has {HOOKS_VERSION}")
    for attribute, function in inspect.getmembers(module, inspect.isroutine):
        if marks := getattr(function, "benchbench_impl", None):
            _check_hook(marks["specname"] or attribute, function, marks)
        elif attribute in HOOKS:
            raise PluginError(f"{attribute} lacks @benchbench.hookimpl, so nobody would call it")


def _check_hook(name: str, function: Any, marks: Mapping[str, Any]) -> None:
    if name not in HOOKS:
        if marks["optionalhook"]:
            return
        raise PluginError(f"unknown hook {name}: {did_you_mean(name, HOOKS).rstrip('?')}, or {OTHER_VERSION}")
    if marks["wrapper"] or marks["hookwrapper"]:
        raise PluginError(f"{name} is a wrapper; every plugin is asked by itself, so there is nothing to wrap")
    given = list(inspect.signature(HOOKS[name]).parameters)
    wanted = [p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    if unknown := [argument for argument in wanted if argument not in given]:
        gives = ", ".join(given) or "no arguments"
        raise PluginError(f"{name} wants {', '.join(unknown)}, but is given {gives}; {OTHER_VERSION}")


def check_component(component: Any, kind: str, base: type[Component]) -> None:
    """Raise PluginError unless `component` is a usable component class of that kind."""
    if isinstance(component, base):
        raise PluginError(f"{component!r} is an instance: return the class {type(component).__name__} itself")
    if not (inspect.isclass(component) and issubclass(component, base)):
        raise PluginError(f"{component!r} is no {kind} class (it must inherit benchbench.{base.__name__})")
    if problem := name_problem(getattr(component, "name", None), kind):
        raise PluginError(f"{component.__name__}: {problem}")
    if inspect.isabstract(component):
        missing = ", ".join(sorted(getattr(component, "__abstractmethods__", ())))
        raise PluginError(f"{component.name}: {missing} must be defined")
    if not (dataclasses.is_dataclass(component) and component.__dataclass_params__.frozen):
        raise PluginError(f"{component.name}: decorate the class with @dataclass(frozen=True)")
    if kind == "metric" and not isinstance(getattr(component, "higher_is_better", None), bool):
        raise PluginError(f"{component.name}: say higher_is_better = True or False")
    if kind == "metric" and not _is_relevant(getattr(component, "relevant", None)):
        raise PluginError(f"{component.name}: relevant must be a positive number, or None")
    _check_parameters(component, component.name)


def _is_relevant(value: Any) -> bool:
    """True for what may be the smallest relevant difference of a metric."""
    return value is None or (type(value) in (int, float) and 0 < value < math.inf)


def name_problem(name: Any, kind: str) -> str:
    """Say why a component of that kind cannot have the name; nothing if it can."""
    if not (isinstance(name, str) and specs.NAME.fullmatch(name)):
        return f"its name {name!r} must be lower-case letters, digits, - and _, a letter first"
    if name in GROUPS:
        return f"no {kind} can be named '{name}', which stands for several"
    if kind == "metric" and name in RESERVED:
        return f"no metric can be named '{name}', which is a column of every board"
    taken = kind == "degradation" and name == OVERALL
    return f"no degradation can be named '{OVERALL}', the page of a data set" if taken else ""


def _check_parameters(component: Any, name: str) -> None:
    fields = {f.name for f in dataclasses.fields(component)}
    own = {n for n, a in inspect.get_annotations(component).items() if "ClassVar" not in str(a)}
    if "name" in fields:
        raise PluginError(f"{name}: write `name = …` without a type, or it is a parameter")
    if own - fields:
        raise PluginError(f"{name}: decorate the class with @dataclass(frozen=True) so that {own - fields} count")
    try:
        parameters = parameters_of(component)
    except (TypeError, NameError) as error:
        raise PluginError(f"{name}: {error}") from error
    for parameter in parameters.values():
        if parameter.default is not dataclasses.MISSING:
            checked(component, parameter, parameter.default)


def near_misses(component: type[Component]) -> Iterator[str]:
    """Warn of attributes that look like misspelt parts of the contract, such as `higher_is_beter`."""
    ours = [c for c in component.__mro__ if c.__module__.partition(".")[0] == "benchbench"]
    known = {name for c in ours for name in {*vars(c), *inspect.get_annotations(c)} if not name.startswith("_")}
    own = {name for c in component.__mro__ if c not in ours for name in vars(c) if not name.startswith("_")}
    for name in sorted(own - known - parameters_of(component).keys()):
        if close := difflib.get_close_matches(name, known, 1, cutoff=0.85):
            yield f"{component.name} has '{name}', which means nothing to benchbench: did you mean '{close[0]}'?"
