"""The registry: loads all plugins, leaves out the broken ones, and remembers which plugin brought what."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pluggy

from ..contracts import specs
from ..contracts.applying import Chain
from ..contracts.component import Component
from ..contracts.dataset import Dataset
from ..contracts.degradation import Degradation
from ..contracts.metric import Metric
from ..contracts.model import Model
from ..errors import BenchbenchError, PluginError, one_line
from . import hookspecs, sources, validation
from .sources import GROUP, Plugin

KINDS: Mapping[str, type[Component]] = MappingProxyType(
    {"dataset": Dataset, "degradation": Degradation, "model": Model, "metric": Metric}
)
_BROUGHT = (*KINDS, "suite")


@dataclass
class Registry:
    """All components by kind and name, and the plugins that brought them."""

    manager: pluggy.PluginManager
    plugins: dict[str, Plugin]
    brought: dict[str, dict[str, Any]] = field(default_factory=lambda: {kind: {} for kind in _BROUGHT})
    """Kind -> name -> component class, or the file of a suite, in alphabetical order."""
    origin: dict[Any, Plugin] = field(default_factory=dict)
    """The plugin of each of them."""

    def of(self, kind: str) -> dict[str, type[Component]]:
        """The components of a kind by name, in alphabetical order."""
        return self.brought[kind]

    @property
    def suites(self) -> dict[str, Path]:
        """The files of the suites by name."""
        return self.brought["suite"]

    def resolve(self, kind: str, text: str) -> Any:
        """The component that a spec names; degradations may be chained with `+`. Raises SpecError."""
        if kind == "degradation" and len(parts := specs.split_chain(text)) > 1:
            return Chain(tuple(specs.resolve(part, self.of(kind), kind) for part in parts))
        return specs.resolve(text, self.of(kind), kind)

    def implementations(self, hook: str) -> list[pluggy.HookImpl]:
        """The plugins' functions for a hook, in the order of the plugins' names."""
        return sorted(getattr(self.manager.hook, hook).get_hookimpls(), key=lambda impl: impl.plugin_name)

    @property
    def failures(self) -> list[Plugin]:
        """Plugins that were left out."""
        return [p for p in self.plugins.values() if p.error]


def registry(strict: bool = True) -> Registry:
    """The registry of all plugins, installed or named as files, but the blocked ones; made once per process.

    Raises PluginError where two plugins clash; if not `strict`, the second of them is left out.
    """
    return loaded(sources.blocked(), sources.files(), strict)


@functools.cache
def loaded(blocked: frozenset[str], files: tuple[Path, ...], strict: bool) -> Registry:
    """The registry of what is installed now, kept for later calls."""
    return load(importlib.metadata.entry_points(group=GROUP), blocked, files, strict)


def load(
    entry_points: Iterable[importlib.metadata.EntryPoint],
    blocked: Iterable[str] = (),
    files: Iterable[Path] = (),
    strict: bool = True,
) -> Registry:
    """Import and register the plugins, in the order of their names. Raises PluginError where two clash."""
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    found = Registry(manager, {})
    blocked = set(blocked)
    for entry_point in sorted(entry_points, key=lambda e: (e.name, e.value)):
        if entry_point.name not in blocked:
            _register(found, sources.of_entry_point(entry_point), entry_point.load)
    for path in files:
        _register(found, sources.of_file(path), functools.partial(sources.import_file, path))
    for kind in _BROUGHT:
        _collect(found, kind, strict)
    for hook in [
        hook for hook in validation.HOOKS if hook.removeprefix("benchbench_").removesuffix("s") not in _BROUGHT
    ]:
        for impl in found.implementations(hook):
            found.plugins[impl.plugin_name].brings.append(f"hook {hook}")
    return found


def _register(found: Registry, plugin: Plugin, load: Callable[[], Any]) -> None:
    if other := found.plugins.get(plugin.name):
        if (other.module, other.distribution) == (plugin.module, plugin.distribution):  # seen twice on the path
            return
        raise PluginError(
            f"two plugins are named '{plugin.name}': {other.module} (from {other.distribution}) and {plugin.module} "
            f"(from {plugin.distribution}); uninstall one of them"
        )
    found.plugins[plugin.name] = plugin
    try:
        module = load()
        validation.check_hooks(module)
        found.manager.register(module, name=plugin.name)
    except (Exception, SystemExit) as error:
        _leave_out(found, plugin, error)


def _leave_out(found: Registry, plugin: Plugin, error: BaseException) -> None:
    """Remove all that a plugin has brought: it is there as a whole or not at all."""
    plugin.error = str(error) if isinstance(error, BenchbenchError) else one_line(error) + _where(error)
    plugin.brings.clear()
    if found.manager.has_plugin(plugin.name):
        found.manager.unregister(name=plugin.name)
    for things in found.brought.values():
        for name in [name for name, thing in things.items() if found.origin[thing] is plugin]:
            del found.origin[things.pop(name)]


def _where(error: BaseException) -> str:
    """The innermost line outside of benchbench that led to an error, as ` (sharpen.py:3)`."""
    ours = {Path(__file__).parents[1], Path(importlib.util.__file__).parent}
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not f.filename.startswith("<") and not ours & {*Path(f.filename).parents}]
    return f" ({Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""


def _collect(found: Registry, kind: str, strict: bool) -> None:
    """Add what all plugins bring of a kind. Raises PluginError where two clash; if not `strict`, the second goes."""
    for impl in found.implementations(f"benchbench_{kind}s"):
        plugin = found.plugins[impl.plugin_name]
        try:
            brought = _brought(kind, impl.function())
        except (Exception, SystemExit) as error:
            _leave_out(found, plugin, error)
            continue
        try:
            for name, thing in brought.items():
                _add(found, kind, name, thing, plugin)
        except PluginError as clash:
            if strict:
                raise
            _leave_out(found, plugin, clash)
    found.brought[kind] = dict(sorted(found.brought[kind].items()))


def _brought(kind: str, things: Any) -> dict[str, Any]:
    """Check what a hook returned, and name it. Raises PluginError unless it keeps the contract of its kind."""
    if isinstance(things, type | str) or not isinstance(things, Iterable):
        raise PluginError(f"benchbench_{kind}s must return a list, not {things!r}")
    brought: dict[str, Any] = {}
    for thing in things:
        if kind == "suite":
            validation.check_suite(thing)
        else:
            validation.check_component(thing, kind, KINDS[kind])
        name = thing.stem if kind == "suite" else thing.name
        if name in brought:
            raise PluginError(f"brings two {kind}s named '{name}'")
        brought[name] = thing
    return brought


def _add(found: Registry, kind: str, name: str, thing: Any, plugin: Plugin) -> None:
    """Register a component or suite. Raises PluginError if another plugin has brought its like."""
    if name in found.brought[kind]:
        other = found.origin[found.brought[kind][name]]
        raise PluginError(
            f"two plugins bring a {kind} named '{name}': {other.name} (from {other.distribution}) and {plugin.name} "
            f"(from {plugin.distribution}); {_way_out(other, plugin)}"
        )
    if kind == "metric" and getattr(thing, "ranks", False):
        _check_only_one_ranks(found, thing, plugin)
    found.brought[kind][name] = thing
    found.origin[thing] = plugin
    plugin.brings.append(f"{kind} {name}")
    plugin.warnings += validation.near_misses(thing) if kind in KINDS else []


def _check_only_one_ranks(found: Registry, metric: Any, plugin: Plugin) -> None:
    """Raises PluginError if another metric ranks boards already: a second one would reorder every board."""
    for other in found.brought["metric"].values():
        if getattr(other, "ranks", False):
            raise PluginError(
                f"two metrics rank the boards: {other.name} (from {found.origin[other].distribution}) and "
                f"{metric.name} (from {plugin.distribution}); {_way_out(found.origin[other], plugin)}"
            )


def _way_out(*plugins: Plugin) -> str:
    """The options that leave one of two plugins out."""
    named = {path.name for path in sources.files()}
    options = [f"--no-plugin {plugin.name}" for plugin in plugins if plugin.distribution not in named]
    return f"leave one out with {' or '.join(options)}" if options else "load only one of these files"
