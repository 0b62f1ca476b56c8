"""The plugin manager: finds plugins, survives the broken ones, and remembers who brought what."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pluggy

from ..contracts import specs
from ..contracts.component import Component
from ..contracts.dataset import Dataset
from ..contracts.degradation import Degradation
from ..contracts.metric import Metric
from ..contracts.model import Model
from ..errors import BenchbenchError, PluginError, one_line
from ..files import file_digest
from . import hookspecs, validation
from .sources import GROUP, blocked, files

KINDS: Mapping[str, type[Component]] = MappingProxyType(
    {"dataset": Dataset, "degradation": Degradation, "model": Model, "metric": Metric}
)
_BRINGING = {f"benchbench_{kind}" for kind in (*KINDS, "suite")}


@dataclass
class Plugin:
    """One entry point, or a file named by the user, and what became of it."""

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
            from ..contracts.applying import Chain

            return Chain(tuple(specs.resolve(part, self.of(kind), kind) for part in parts))
        return specs.resolve(text, self.of(kind), kind)

    def implementations(self, hook: str) -> list[pluggy.HookImpl]:
        """The plugins' functions for a hook, in the order of the plugins' names."""
        return sorted(getattr(self.manager.hook, hook).get_hookimpls(), key=lambda impl: impl.plugin_name)

    @property
    def failures(self) -> list[Plugin]:
        """Plugins that were left out."""
        return [p for p in self.plugins.values() if p.error]


"""Environment variables, so that every process of a run has the same plugins."""


def registry(strict: bool = True) -> Registry:
    """The registry of all installed plugins except the blocked ones, and of the files named; made once a process.

    Raises PluginError where two clash; if not `strict`, the second of them is left out.
    """
    return _registry(blocked(), files(), strict)


@functools.cache
def _registry(blocked: frozenset[str], files: tuple[Path, ...], strict: bool) -> Registry:
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
    found = Registry(manager, {}, {kind: {} for kind in KINDS})
    blocked = set(blocked)
    for entry_point in sorted(entry_points, key=lambda e: (e.name, e.value)):
        if entry_point.name not in blocked:
            _register(found, _installed(entry_point), entry_point.load)
    for path in files:
        _register(found, _of_file(path), functools.partial(_import_file, path))
    for kind, base in KINDS.items():
        for impl in found.implementations(f"benchbench_{kind}s"):
            try:
                _collect(found, kind, impl, functools.partial(validation.check_component, kind=kind, base=base))
            except PluginError as clash:
                if strict:
                    raise
                _leave_out(found, found.plugins[impl.plugin_name], clash)
        found.components[kind] = dict(sorted(found.components[kind].items()))
    for impl in found.implementations("benchbench_suites"):
        _collect(found, "suite", impl, validation.check_suite)
    for hook in [hook for hook in validation.HOOKS if hook.removesuffix("s") not in _BRINGING]:
        for impl in found.implementations(hook):
            found.plugins[impl.plugin_name].brings.append(f"hook {hook}")
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
    """A plugin is there as a whole or not at all."""
    plugin.error = str(error) if isinstance(error, BenchbenchError) else one_line(error) + _where(error)
    plugin.brings.clear()
    if found.manager.has_plugin(plugin.name):
        found.manager.unregister(name=plugin.name)
    by_kind: list[dict[str, Any]] = [*found.components.values(), found.suites]
    for things in by_kind:
        for name in [name for name, thing in things.items() if found.origin[thing] is plugin]:
            del found.origin[things.pop(name)]


def _where(error: BaseException) -> str:
    """The last line of code outside of benchbench that led to an error, as ` (sharpen.py:3)`."""
    ours = {Path(__file__).parents[1], Path(importlib.util.__file__).parent}
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not f.filename.startswith("<") and not ours & {*Path(f.filename).parents}]
    return f" ({Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""


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
        plugin.warnings += validation.near_misses(thing) if kind in KINDS else []


def _check_only_one_ranks(found: Registry, metric: Any, plugin: Plugin) -> None:
    """A second metric that ranks would reorder every board. Raises PluginError that names both."""
    for other in found.components["metric"].values():
        if getattr(other, "ranks", False):
            raise PluginError(
                f"two metrics rank the boards: {other.name} (from {found.origin[other].distribution}) and "
                f"{metric.name} (from {plugin.distribution}); {_way_out(found.origin[other], plugin)}"
            )


def _listed(found: Any, hook: str) -> list[Any]:
    if isinstance(found, type | str) or not isinstance(found, Iterable):
        raise PluginError(f"{hook} must return a list, not {found!r}")
    return list(found)


def _clash(kind: str, name: str, one: Plugin, other: Plugin) -> str:
    return (
        f"two plugins bring a {kind} named '{name}': {one.name} (from {one.distribution}) and {other.name} (from "
        f"{other.distribution}); {_way_out(one, other)}"
    )


def _way_out(*plugins: Plugin) -> str:
    """How to have only one of them."""
    loaded = {path.name for path in files()}
    options = [f"--no-plugin {plugin.name}" for plugin in plugins if plugin.distribution not in loaded]
    return f"leave one out with {' or '.join(options)}" if options else "load only one of these files"


def _name(thing: Any) -> str:
    return thing.stem if isinstance(thing, Path) else thing.name
