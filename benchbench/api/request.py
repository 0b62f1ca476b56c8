"""What a user asks for, in words, components or classes, becomes a request, and a registry that knows all of them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any, TypedDict, get_args, get_type_hints

from .. import protocol
from ..contracts.budget import Budget
from ..contracts.component import Component
from ..contracts.digests import module_digest
from ..contracts.parameters import as_float
from ..errors import SpecError, did_you_mean
from ..registry.registry import Registry, registry, with_classes
from ..running.plan import with_suite
from ..running.request import LEAST, Executors, RunRequest

Spec = str | Component | type[Component]
"""A component: its spec, such as `unet:width=16`; an instance; or a class, which stands for its defaults."""
Specs = Spec | Sequence[Spec]


class Options(TypedDict, total=False):
    """What `run` may be told besides the components; `benchbench run --help` says what each means."""

    suite: str
    size: int
    budget: str
    seed: Sequence[int]
    seeds: int
    out: Path | str
    at: str | float
    device: str
    executor: Executors
    scheduler: str
    jobs: int
    threads: int
    timeout: float
    memory: str
    fresh: bool
    predictions: bool
    with_references: bool
    shard: str
    compile: bool
    tune: bool
    watch_gradients: bool
    quiet: bool


def request_of(registry: Registry, given: Mapping[str, Any]) -> RunRequest:
    """Make the request of a run from what the user gave, specs as text; defaults, or those of a suite, fill the rest.

    None says nothing. `seeds` counts trainings where `seed` names them. Raises SpecError for options that contradict
    each other, are out of range or of a wrong type, and TypeError for one that does not exist.
    """
    known = {*RunRequest.__dataclass_fields__, "seeds", "suite"}
    if unknown := next((name for name in given if name not in known), None):
        raise TypeError(f"unknown option '{unknown}': {did_you_mean(unknown, Options.__annotations__)}")
    named = {name: value for name, value in given.items() if value is not None}
    _check_kinds(named)
    for name, least in LEAST.items():
        kind, words = (Real, "number") if name == "timeout" else (Integral, "whole number")
        value = named.get(name, least)
        number = math.nan if isinstance(value, bool) or not isinstance(value, kind) else as_float(value)
        if not least <= number < math.inf:  # NaN is not, either
            raise SpecError(f"{name} must be a {words}, at least {least}, and finite, not {value!r}")
        if name in named:  # NumPy's cannot be stored
            named[name] = float(value) if name == "timeout" else int(value)
    if named.get("size", protocol.SMALLEST) > protocol.LARGEST:
        raise SpecError(f"size must be at most {protocol.LARGEST}, not {named['size']}")
    seeds, suite = named.pop("seeds", None), named.pop("suite", None)
    if seeds is not None:
        if "seed" in named:
            raise SpecError("seed names seeds, seeds counts them: give one of the two")
        named["seed"] = tuple(range(seeds))
    convert: dict[str, Callable[[Any], Any]] = {"at": flops_of, "out": Path, "seed": _seeds}
    named |= {name: make(named[name]) for name, make in convert.items() if name in named}
    request = RunRequest(**named)
    _check_scheduler(request)
    return with_suite(registry, request, suite, named.keys()) if suite else request


def _check_kinds(named: Mapping[str, Any]) -> None:
    """Raise SpecError for an option of a wrong type; numbers are checked where they are converted."""
    kinds: dict[Any, str] = {str: "text", bool: "True or False", Path | str: "a path"}
    for name, kind in get_type_hints(Options).items():
        if name in named and kind in kinds and not isinstance(named[name], kind):
            raise SpecError(f"{name} must be {kinds[kind]}, not {named[name]!r}")
    if named.get("executor", "local") not in get_args(Executors):
        raise SpecError(f"executor must be {' or '.join(get_args(Executors))}, not {named['executor']!r}")


def _seeds(given: Any) -> tuple[int, ...]:
    seeds = tuple(given) if isinstance(given, Iterable) else (None,)
    if not seeds or any(isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0 for seed in seeds):
        raise SpecError(f"seed must be whole numbers from 0 on, such as [0, 1], not {given!r}")
    return tuple(map(int, seeds))


def _check_scheduler(request: RunRequest) -> None:
    if request.scheduler and request.executor != "dask":
        raise SpecError("--scheduler is for --executor dask")
    if request.scheduler and request.device == "auto":
        raise SpecError("--scheduler needs --device cpu or --device cuda: its workers may not be alike")
    if request.scheduler and not re.search(r":\d+$", request.scheduler):
        raise SpecError("--scheduler is an address such as tcp://HOST:8786")


def flops_of(rung: str | float) -> float:
    """Return a rung of training, such as `0.5TFLOP`, in FLOPs. Raises SpecError."""
    if isinstance(rung, str):
        budget = Budget.parse(rung)
        flops = budget.amount if budget.kind == "flops" else math.nan
    else:
        flops = as_float(rung) if isinstance(rung, Real) and not isinstance(rung, bool) else math.nan
    if not 0 < flops < math.inf:
        raise SpecError(f"{rung!r} is no amount of compute: say 0.5TFLOP, for example")
    return flops


def understood(components: Mapping[str, Specs]) -> tuple[Registry, dict[str, list[str]]]:
    """Return a registry that knows these components, by kind, their classes included, and the spec of each.

    Raises PluginError for a class that breaks its contract, or whose name is taken; TypeError for what is no component.
    """
    module_digest.cache_clear()  # a notebook may have loaded a module anew
    wanted = {kind: listed(given) for kind, given in components.items()}
    classes = [c for given in wanted.values() for each in given for c in _classes(each)]
    texts = {kind: [_text(each) for each in given] for kind, given in wanted.items() if given}
    return with_classes(registry(), classes), texts


def listed(given: Specs) -> list[Spec]:
    """Return components as a list: one may be given by itself."""
    return [given] if isinstance(given, str | Component | type) or not isinstance(given, Iterable) else list(given)


def _classes(given: Spec) -> list[type[Component]]:
    if isinstance(given, type) and issubclass(given, Component):
        return [given]
    if isinstance(given, Component):
        return [type(part) for part in given._members()]
    if isinstance(given, str):
        return []
    if callable(getattr(given, "forward", None)):
        raise TypeError(f"{type(given).__name__} is a network: benchbench.rank(network, …) puts it on a board")
    raise TypeError(f"{given!r} is no component: give a spec such as 'unet:width=16', a component, or its class")


def _text(given: Spec) -> str:
    return given.name if isinstance(given, type) else str(given)
