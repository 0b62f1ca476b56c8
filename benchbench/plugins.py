"""The plugin manager: finds plugins, survives the broken ones, and remembers who brought what."""

from __future__ import annotations

import dataclasses
import functools
import importlib.metadata
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pluggy

from . import hookspecs, specs
from .errors import PluginError, did_you_mean, one_line
from .files import file_digest
from .interfaces import Component, Dataset, Degradation, Metric, Model

GROUP = "benchbench"
KINDS: Mapping[str, type[Component]] = MappingProxyType(
    {"dataset": Dataset, "degradation": Degradation, "model": Model, "metric": Metric}
)
RESERVED = frozenset(
    {
        "dataset",
        "fingerprint",
        "size",
        "degradation",
        "degradation_digest",
        "protocol",
        "budget",
        "model",
        "role",
        "sees",
        "plugin",
    }
    | {
        "parameters",
        "flops",
        "epochs",
        "bytes",
        "seed",
        "seeds",
        "trainings",
        "rank",
        "gain",
        "recovered",
        "status",
        "reason",
    }
)
"""Columns of boards that are no scores."""


@dataclass
class Plugin:
    """One entry point, or a file named by the user, and what became of it."""

    name: str
    distribution: str
    version: str
    module: str
    error: str | None = None
    brings: list[str] = field(default_factory=list)
    """Components as `kind name`."""


@dataclass
class Registry:
    """All components by kind and name, and the plugins that brought them."""

    manager: pluggy.PluginManager
    plugins: dict[str, Plugin]
    components: dict[str, dict[str, type[Component]]]
    origin: dict[type, Plugin]

    def of(self, kind: str) -> dict[str, type[Component]]:
        """The components of a kind by name, in alphabetical order."""
        return self.components[kind]

    def resolve(self, kind: str, text: str) -> Any:
        """The component that a spec names; degradations may be chained with `+`. Raises SpecError."""
        if kind == "degradation" and len(parts := specs.split_chain(text)) > 1:
            from .degrading import Chain

            return Chain(tuple(specs.resolve(part, self.of(kind), kind) for part in parts))
        return specs.resolve(text, self.of(kind), kind)

    @property
    def failures(self) -> list[Plugin]:
        """Plugins that could not be loaded, or brought something that is no component."""
        return [p for p in self.plugins.values() if p.error]


def blocked_by_environment() -> set[str]:
    """Plugin names listed in BENCHBENCH_BLOCK, separated by commas."""
    return {name.strip() for name in os.environ.get("BENCHBENCH_BLOCK", "").split(",") if name.strip()}


def installed() -> list[str]:
    """The names of all installed plugins, loaded or not."""
    return [e.name for e in importlib.metadata.entry_points(group=GROUP)]


@functools.cache
def registry(blocked: frozenset[str] = frozenset(), files: tuple[Path, ...] = ()) -> Registry:
    """The registry of all installed plugins except the blocked ones, and of these files; made once a process."""
    return load(importlib.metadata.entry_points(group=GROUP), blocked | blocked_by_environment(), files)


def load(
    entry_points: Iterable[importlib.metadata.EntryPoint], blocked: Iterable[str] = (), files: Iterable[Path] = ()
) -> Registry:
    """Import and register the plugins, in the order of their names. Raises PluginError where two clash."""
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    found = Registry(manager, {}, {kind: {} for kind in KINDS}, {})
    blocked = set(blocked)
    for entry_point in sorted(entry_points, key=lambda e: (e.name, e.value)):
        if entry_point.name not in blocked:
            _register(found, _installed(entry_point), entry_point.load)
    for path in files:
        _register(found, _of_file(path), functools.partial(_import_file, path))
    _refuse_unknown_hooks(found)
    for kind, base in KINDS.items():
        for impl in reversed(getattr(manager.hook, f"benchbench_{kind}s").get_hookimpls()):
            _collect(found, kind, base, impl)
        found.components[kind] = dict(sorted(found.components[kind].items()))
    return found


def _installed(entry_point: importlib.metadata.EntryPoint) -> Plugin:
    dist = entry_point.dist
    distribution, version = (dist.name, dist.version) if dist else ("?", "?")
    return Plugin(entry_point.name, distribution, version, entry_point.value.partition(":")[0])


def _of_file(path: Path) -> Plugin:
    """A file has no version; the digest of its content says as much. Raises OSError if it cannot be read."""
    return Plugin(path.stem, path.name, file_digest(path)[:12], path.stem)


def _import_file(path: Path) -> Any:
    """The file as a module. Its folder joins the end of sys.path, which the processes of trials inherit."""
    name, own = path.stem, path.resolve()
    if not name.isidentifier():
        raise PluginError(f"'{name}' is no name for a module: letters, digits and _ only, as in my_model.py")
    known = sys.modules.get(name) or importlib.util.find_spec(name)
    origin = getattr(known, "__file__", None) or getattr(known, "origin", None)
    if known and (origin is None or Path(origin).resolve() != own):
        raise PluginError(f"a module named '{name}' is there already ({origin or 'part of Python'}); rename the file")
    if str(own.parent) not in sys.path:
        sys.path.append(str(own.parent))
    importlib.invalidate_caches()
    return importlib.import_module(name)


def _register(found: Registry, plugin: Plugin, load: Callable[[], Any]) -> None:
    if other := found.plugins.get(plugin.name):
        if other.module == plugin.module and other.distribution == plugin.distribution:  # seen twice on the path
            return
        raise PluginError(
            f"two plugins are named '{plugin.name}': {other.module} (from {other.distribution}) and {plugin.module} "
            f"(from {plugin.distribution}); uninstall one of them"
        )
    found.plugins[plugin.name] = plugin
    try:
        module = load()
        found.manager.register(module, name=plugin.name)
        if plain := _undecorated(module):
            raise PluginError(f"{plain} lacks @benchbench.hookimpl, so nobody would call it")
    except pluggy.PluginValidationError as error:
        plugin.error = " ".join(str(error).split())
    except (Exception, SystemExit) as error:
        plugin.error = one_line(error)


def _undecorated(module: Any) -> str | None:
    """A function that has the name of a hook but was not marked as one."""
    hooks = (name for name in dir(module) if name.startswith("benchbench_") and hasattr(hookspecs, name))
    return next((name for name in hooks if not hasattr(getattr(module, name), "benchbench_impl")), None)


def _refuse_unknown_hooks(found: Registry) -> None:
    """A misspelt hook would be silently ignored; instead its plugin is reported and left out."""
    known = [name for name, _ in inspect.getmembers(hookspecs, inspect.isfunction) if name.startswith("benchbench_")]
    while True:
        try:
            return found.manager.check_pending()
        except pluggy.PluginValidationError as error:
            name = found.manager.get_name(error.plugin) or "?"
            hooks = [h for h in dir(error.plugin) if h.startswith("benchbench_") and h not in known]
            hint = did_you_mean(hooks[0], known) if hooks else str(error)
            found.plugins[name].error = f"unknown hook {', '.join(hooks)}: {hint}"
            found.manager.unregister(error.plugin)


def _collect(found: Registry, kind: str, base: type[Component], impl: Any) -> None:
    plugin = found.plugins[impl.plugin_name]
    try:
        components = _listed(impl.function(), f"benchbench_{kind}s")
        for component in components:
            check_component(component, kind, base)
    except (Exception, SystemExit) as error:
        plugin.error = one_line(error)
        return
    for component in components:
        if other := found.components[kind].get(component.name):
            raise PluginError(
                f"two plugins bring a {kind} named '{component.name}': {found.origin[other].name} (from "
                f"{found.origin[other].distribution}) and {plugin.name} (from {plugin.distribution}); "
                f"leave one out with --no-plugin {plugin.name}"
            )
        found.components[kind][component.name] = component
        found.origin[component] = plugin
        plugin.brings.append(f"{kind} {component.name}")


def _listed(found: Any, hook: str) -> list[Any]:
    if isinstance(found, type) or not isinstance(found, Iterable):
        raise PluginError(f"{hook} must return a list of classes, not {found!r}")
    return list(found)


def check_component(component: Any, kind: str, base: type[Component]) -> None:
    """Raises PluginError unless `component` is a usable component class of that kind."""
    if isinstance(component, base):
        raise PluginError(f"{component!r} is an instance: return the class {type(component).__name__} itself")
    if not (inspect.isclass(component) and issubclass(component, base)):
        raise PluginError(f"{component!r} is no {kind} class (it must inherit benchbench.{base.__name__})")
    name = getattr(component, "name", None)
    if not (isinstance(name, str) and specs.NAME.fullmatch(name)):
        raise PluginError(f"{component.__name__}: its name {name!r} must be lower-case letters, digits, - and _")
    if kind == "metric" and name in RESERVED:
        raise PluginError(f"{component.__name__}: no metric can be named '{name}', which is a column of every board")
    if inspect.isabstract(component):
        missing = ", ".join(sorted(getattr(component, "__abstractmethods__", ())))
        raise PluginError(f"{name}: {missing} must be defined")
    if not (dataclasses.is_dataclass(component) and component.__dataclass_params__.frozen):
        raise PluginError(f"{name}: decorate the class with @dataclass(frozen=True)")
    if kind == "metric" and not isinstance(getattr(component, "higher_is_better", None), bool):
        raise PluginError(f"{name}: say higher_is_better = True or False")
    fields = {f.name for f in dataclasses.fields(component)} if dataclasses.is_dataclass(component) else set[str]()
    own = {n for n, a in inspect.get_annotations(component).items() if "ClassVar" not in str(a)}
    if own - fields:
        raise PluginError(f"{name}: decorate the class with @dataclass(frozen=True) so that {own - fields} count")
    try:
        parameters = specs.parameters(component)
    except (TypeError, NameError) as error:
        raise PluginError(f"{name}: {error}") from error
    for parameter in parameters.values():
        if parameter.default is not dataclasses.MISSING:
            specs.checked(component, parameter, parameter.default)
