"""The registry: loads all plugins, leaves out the broken ones, and remembers which plugin brought what."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pluggy

from ..contracts import specs
from ..contracts.applying import chain_of
from ..contracts.component import KIND_NAMES, Component
from ..contracts.dataset import Dataset
from ..contracts.degradation import Degradation
from ..contracts.metric import Metric
from ..contracts.model import Model
from ..errors import BenchbenchError, PluginError, one_line
from . import hookspecs, sources, validation
from .contained import stdout_to_stderr, unchanged_process
from .sources import GROUP, Plugin

KINDS: Mapping[str, type[Component]] = MappingProxyType(
    dict(zip(KIND_NAMES, (Dataset, Degradation, Model, Metric), strict=True))
)
_BROUGHT = (*KINDS, "suite")


class Clash(PluginError):
    """Two plugins that cannot both be loaded."""


@dataclass
class Registry:
    """All components by kind and name, and the plugins that brought them."""

    manager: pluggy.PluginManager
    plugins: dict[str, Plugin]
    """By name, and by `package:name` where another package has a plugin of that name already."""
    brought: dict[str, dict[str, Any]] = field(default_factory=lambda: {kind: {} for kind in _BROUGHT})
    """Kind -> name -> component class, or the file of a suite, in alphabetical order."""
    origin: dict[Any, Plugin] = field(default_factory=dict)
    """The plugin of each of them."""
    clash: Clash | None = None
    """What the first two plugins that clash have in common; the second of them was left out."""

    def of(self, kind: str) -> dict[str, type[Component]]:
        """Return the components of a kind by name, in alphabetical order."""
        return self.brought[kind]

    def resolve(self, kind: str, text: str) -> Any:
        """Make the component that a spec names; degradations may be chained with `+` and `~`. Raises SpecError."""
        if kind == "degradation":
            return chain_of(text, lambda part: specs.resolve(part, self.of(kind), kind))
        return specs.resolve(text, self.of(kind), kind)

    def implementations(self, hook: str) -> list[pluggy.HookImpl]:
        """Return the plugins' functions for a hook, in the order of the plugins' names."""
        found = getattr(self.manager.hook, hook).get_hookimpls()
        return sorted(found, key=lambda impl: (self.plugins[impl.plugin_name].name, impl.plugin_name))

    @property
    def failures(self) -> list[Plugin]:
        """List the plugins that were left out."""
        return [p for p in self.plugins.values() if p.error]


def registry() -> Registry:
    """Return the registry of all plugins, installed or named as files, but the blocked ones; made once per process.

    Raises PluginError where two plugins clash.
    """
    found = loaded(sources.blocked(), sources.files())
    if found.clash:
        raise found.clash
    return found


@functools.cache
def loaded(blocked: frozenset[str], files: tuple[Path, ...]) -> Registry:
    """Return the registry of what is installed now, kept for later calls."""
    return load(importlib.metadata.entry_points(group=GROUP), blocked, files)


def load(installed: Iterable[EntryPoint], blocked: Iterable[str] = (), files: Iterable[Path] = ()) -> Registry:
    """Import and register the plugins, in the order of their names; what they print goes to the standard error."""
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    found, blocked = Registry(manager, {}), set(blocked)
    with stdout_to_stderr(), unchanged_process():
        for entry_point in sorted(installed, key=lambda e: (e.name, e.value)):
            plugin = sources.of_entry_point(entry_point)
            if not (plugin.is_in(blocked) or _is_known(found, plugin)):
                _register(found, plugin, functools.partial(sources.import_entry_point, entry_point))
        for path in files:
            _register(found, sources.of_file(path), functools.partial(sources.import_file, path))
        for kind in _BROUGHT:
            _collect(found, kind)
    components = {f"benchbench_{kind}s" for kind in _BROUGHT}
    for hook in validation.HOOKS:
        for impl in found.implementations(hook) if hook not in components else ():
            found.plugins[impl.plugin_name].brings.append(f"hook {hook}")
    return found


def with_classes(found: Registry, classes: Iterable[type[Component]]) -> Registry:
    """Return a registry that also has these classes, which no plugin brought: those of a notebook or a script.

    Raises PluginError for a class that breaks the contract of its kind, or whose name is taken.
    """
    brought = {kind: dict(things) for kind, things in found.brought.items()}
    own = replace(found, plugins=dict(found.plugins), brought=brought, origin=dict(found.origin))
    for component in [c for c in classes if c not in found.origin]:
        kind = next(kind for kind, base in KINDS.items() if issubclass(component, base))
        validation.check_component(component, kind, KINDS[kind])
        plugin = sources.of_class(component)
        rival = own.brought[kind].get(component.name)
        if rival and rival is not component:
            taken = f"a {kind} named '{component.name}' is there already, from {own.origin[rival].distribution}"
            raise PluginError(f"{taken}: name {component.__qualname__} otherwise")
        if not rival:
            own.plugins[f"{kind} of {plugin.full_name}"] = plugin
            _add(own, kind, component.name, component, plugin)
    return own


def _is_known(found: Registry, plugin: Plugin) -> bool:
    """Return whether this very plugin was seen already, on another part of the path."""
    return any((p.full_name, p.module) == (plugin.full_name, plugin.module) for p in found.plugins.values())


def _register(found: Registry, plugin: Plugin, load: Callable[[], Any]) -> None:
    key = plugin.full_name if plugin.name in found.plugins else plugin.name
    found.plugins[key] = plugin
    try:
        module = load()
        validation.check_hooks(module)
        found.manager.register(module, name=key)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, or what an extension in another language raises
        _leave_out(found, key, error)


def _leave_out(found: Registry, key: str, error: BaseException) -> None:
    """Remove all that a plugin has brought: it is there as a whole or not at all."""
    plugin = found.plugins[key]
    plugin.error = str(error) if isinstance(error, BenchbenchError) else one_line(error) + _where(error)
    plugin.brings.clear()
    if found.manager.has_plugin(key):
        found.manager.unregister(name=key)
    for things in found.brought.values():
        for name in [name for name, thing in things.items() if found.origin[thing] is plugin]:
            del found.origin[things.pop(name)]


def _where(error: BaseException) -> str:
    """Return the innermost line outside of benchbench that led to an error, as ` (sharpen.py:3)`."""
    ours = {Path(__file__).parents[1], Path(importlib.util.__file__).parent}
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not f.filename.startswith("<") and not ours & {*Path(f.filename).parents}]
    return f" ({Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""


def _collect(found: Registry, kind: str) -> None:
    """Add what all plugins bring of a kind; a plugin that breaks a contract, or the second of two that clash, goes."""
    for impl in found.implementations(f"benchbench_{kind}s"):
        plugin = found.plugins[impl.plugin_name]
        try:
            for name, thing in _brought(kind, impl.function()).items():
                _add(found, kind, name, thing, plugin)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            _leave_out(found, impl.plugin_name, error)
            if isinstance(error, Clash):
                found.clash = found.clash or error
    found.brought[kind] = dict(sorted(found.brought[kind].items()))


def _brought(kind: str, things: Any) -> dict[str, Any]:
    """Check what a hook returned, and name it. Raises PluginError unless it keeps the contract of its kind."""
    if isinstance(things, type | str) or not isinstance(things, Iterable):
        raise PluginError(f"benchbench_{kind}s must return a list, not {things!r}")
    brought: dict[str, Any] = {}
    for thing in things:
        if kind != "suite":
            validation.check_component(thing, kind, KINDS[kind])
        elif not (isinstance(thing, Path) and thing.suffix == ".toml" and thing.is_file()):
            raise PluginError(f"{thing!r} is no suite: it must be the Path of a TOML file")
        name = thing.stem if kind == "suite" else thing.name
        if name in brought:
            raise PluginError(f"brings two {kind}s named '{name}'")
        brought[name] = thing
    return brought


def _add(found: Registry, kind: str, name: str, thing: Any, plugin: Plugin) -> None:
    """Register a component or suite. Raises Clash if another plugin has brought its like.

    Nor may two metrics rank boards: the second would reorder every board.
    """
    if rival := found.brought[kind].get(name):
        raise _clash(found, f"bring a {kind} named '{name}'", found.origin[rival], plugin)
    if kind == "metric" and thing.ranks:
        for other in found.brought[kind].values():
            if other.ranks:
                raise _clash(found, f"rank the boards, by {other.name} and by {name}", found.origin[other], plugin)
    found.brought[kind][name] = thing
    found.origin[thing] = plugin
    plugin.brings.append(f"{kind} {name}")
    plugin.warnings += validation.near_misses(thing) if kind in KINDS else []


def _clash(found: Registry, what: str, *plugins: Plugin) -> Clash:
    """Say what two plugins both do, and which options leave one of them out."""
    named = {path.name for path in sources.files()}
    names = Counter(plugin.name for plugin in found.plugins.values())
    options = [
        f"--no-plugin {plugin.name if names[plugin.name] == 1 else plugin.full_name}"
        for plugin in plugins
        if plugin.distribution not in named
    ]
    way_out = f"leave one out with {' or '.join(options)}" if options else "load only one of these files"
    both = " and ".join(f"{plugin.name} (from {plugin.distribution})" for plugin in plugins)
    return Clash(f"two plugins {what}: {both}; {way_out}")
