"""The plugin manager: finds plugins, survives the broken ones, and remembers who brought what."""

from __future__ import annotations

import functools
import importlib.metadata
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pluggy

from . import admission, hookspecs, specs
from .errors import BenchbenchError, PluginError, one_line
from .interfaces import Component, Dataset, Degradation, Metric, Model

GROUP = "benchbench"
KINDS: Mapping[str, type[Component]] = MappingProxyType(
    {"dataset": Dataset, "degradation": Degradation, "model": Model, "metric": Metric}
)
_BRINGING = {f"benchbench_{kind}" for kind in (*KINDS, "suite")}


@dataclass
class Plugin:
    """One entry point, and what became of it."""

    name: str
    distribution: str
    version: str
    module: str
    error: str | None = None
    """Why it was left out, as a whole."""
    warnings: list[str] = field(default_factory=list)
    """What looks like a mistake."""
    brings: list[str] = field(default_factory=list)
    """Components and suites as `kind name`, and `hook name` for each that follows runs."""


@dataclass
class Registry:
    """All components by kind and name, and the plugins that brought them."""

    manager: pluggy.PluginManager
    plugins: dict[str, Plugin]
    components: dict[str, dict[str, type[Component]]]
    origin: dict[Any, Plugin] = field(default_factory=dict)
    """Who brought a component class, or the file of a suite."""
    suites: dict[str, Path] = field(default_factory=dict)

    def of(self, kind: str) -> dict[str, type[Component]]:
        """The components of a kind by name, in alphabetical order."""
        return self.components[kind]

    def resolve(self, kind: str, text: str) -> Any:
        """The component that a spec names; degradations may be chained with `+`. Raises SpecError."""
        if kind == "degradation" and len(parts := specs.split_chain(text)) > 1:
            from .degrading import Chain

            return Chain(tuple(specs.resolve(part, self.of(kind), kind) for part in parts))
        return specs.resolve(text, self.of(kind), kind)

    def implementations(self, hook: str) -> list[pluggy.HookImpl]:
        """The plugins' functions for a hook, in the order of the plugins' names."""
        return sorted(getattr(self.manager.hook, hook).get_hookimpls(), key=lambda impl: impl.plugin_name)

    @property
    def failures(self) -> list[Plugin]:
        """Plugins that were left out."""
        return [p for p in self.plugins.values() if p.error]


def blocked_by_environment() -> set[str]:
    """Plugin names listed in BENCHBENCH_BLOCK, separated by commas."""
    return {name.strip() for name in os.environ.get("BENCHBENCH_BLOCK", "").split(",") if name.strip()}


def installed() -> list[str]:
    """The names of all installed plugins, loaded or not."""
    return [e.name for e in importlib.metadata.entry_points(group=GROUP)]


@functools.cache
def registry(blocked: frozenset[str] = frozenset()) -> Registry:
    """The registry of all installed plugins except the blocked ones; made once a process."""
    return load(importlib.metadata.entry_points(group=GROUP), blocked | blocked_by_environment())


def load(entry_points: Iterable[importlib.metadata.EntryPoint], blocked: Iterable[str] = ()) -> Registry:
    """Import and register the plugins, in the order of their names. Raises PluginError where two clash."""
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    found = Registry(manager, {}, {kind: {} for kind in KINDS})
    blocked = set(blocked)
    for entry_point in sorted(entry_points, key=lambda e: (e.name, e.value)):
        if entry_point.name not in blocked:
            _register(found, entry_point)
    for kind, base in KINDS.items():
        for impl in found.implementations(f"benchbench_{kind}s"):
            _collect(found, kind, impl, functools.partial(admission.check_component, kind=kind, base=base))
        found.components[kind] = dict(sorted(found.components[kind].items()))
    for impl in found.implementations("benchbench_suites"):
        _collect(found, "suite", impl, admission.check_suite)
    for hook in [hook for hook in admission.HOOKS if hook.removesuffix("s") not in _BRINGING]:
        for impl in found.implementations(hook):
            found.plugins[impl.plugin_name].brings.append(f"hook {hook}")
    return found


def _register(found: Registry, entry_point: importlib.metadata.EntryPoint) -> None:
    dist = entry_point.dist
    plugin = Plugin(
        entry_point.name, dist.name if dist else "?", dist.version if dist else "?", entry_point.value.partition(":")[0]
    )
    if other := found.plugins.get(plugin.name):
        if other.module == plugin.module:  # one package seen twice on the path
            return
        raise PluginError(
            f"two plugins are named '{plugin.name}': {other.module} (from {other.distribution}) and {plugin.module} "
            f"(from {plugin.distribution}); uninstall one of them"
        )
    found.plugins[plugin.name] = plugin
    try:
        module = entry_point.load()
        admission.check_hooks(module)
        found.manager.register(module, name=plugin.name)
    except (Exception, SystemExit) as error:
        _leave_out(found, plugin, error)


def _leave_out(found: Registry, plugin: Plugin, error: BaseException) -> None:
    """A plugin is there as a whole or not at all."""
    plugin.error = str(error) if isinstance(error, BenchbenchError) else one_line(error)
    plugin.brings.clear()
    if found.manager.has_plugin(plugin.name):
        found.manager.unregister(name=plugin.name)
    by_kind: list[dict[str, Any]] = [*found.components.values(), found.suites]
    for things in by_kind:
        for name in [name for name, thing in things.items() if found.origin[thing] is plugin]:
            del found.origin[things.pop(name)]


def _collect(found: Registry, kind: str, impl: pluggy.HookImpl, check: Callable[[Any], None]) -> None:
    """Take what one plugin brings of a kind, or leave the plugin out. Raises PluginError if another brought it too."""
    plugin = found.plugins[impl.plugin_name]
    try:
        brought: dict[str, Any] = {}
        for thing in _listed(impl.function(), f"benchbench_{kind}s"):
            check(thing)
            name = _name(thing)
            if name in brought:
                raise PluginError(f"brings two {kind}s named '{name}'")
            brought[name] = thing
    except (Exception, SystemExit) as error:
        return _leave_out(found, plugin, error)
    of_kind: dict[str, Any] = found.suites if kind == "suite" else found.components[kind]
    for name, thing in brought.items():
        if name in of_kind:
            raise PluginError(_clash(kind, name, found.origin[of_kind[name]], plugin))
        if kind == "metric" and getattr(thing, "ranks", False):
            _check_only_one_ranks(found, thing, plugin)
        of_kind[name] = thing
        found.origin[thing] = plugin
        plugin.brings.append(f"{kind} {name}")
        plugin.warnings += admission.near_misses(thing) if kind in KINDS else []


def _check_only_one_ranks(found: Registry, metric: Any, plugin: Plugin) -> None:
    """A second metric that ranks would reorder every board. Raises PluginError that names both."""
    for other in found.components["metric"].values():
        if getattr(other, "ranks", False):
            raise PluginError(
                f"two metrics rank the boards: {other.name} (from {found.origin[other].distribution}) and "
                f"{metric.name} (from {plugin.distribution}); leave one out with --no-plugin {plugin.name}"
            )


def _listed(found: Any, hook: str) -> list[Any]:
    if isinstance(found, type | str) or not isinstance(found, Iterable):
        raise PluginError(f"{hook} must return a list, not {found!r}")
    return list(found)


def _clash(kind: str, name: str, one: Plugin, other: Plugin) -> str:
    return (
        f"two plugins bring a {kind} named '{name}': {one.name} (from {one.distribution}) and {other.name} (from "
        f"{other.distribution}); leave one out with --no-plugin {one.name} or --no-plugin {other.name}"
    )


def _name(thing: Any) -> str:
    return thing.stem if isinstance(thing, Path) else thing.name
