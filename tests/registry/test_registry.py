"""The registry: what plugins bring is found by name, clashes are errors that name both sides, and plugins can be blocked."""

from __future__ import annotations

import importlib.metadata
import inspect
import itertools
import os
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import toys
from fogs import HEAD, TOYS, Write, assert_toys_are_there, fog

import benchbench
from benchbench import PluginError, SpecError
from benchbench.registry import registry as plugins
from benchbench.registry.registry import KINDS, Registry, load
from benchbench.registry.sources import GROUP, blocked, installed
from benchbench.registry.validation import HOOKS
from benchbench.running.listeners import HookCaller

# ── what goes well ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_components_are_found_by_kind_and_name_with_their_plugin(load_with_toys: Callable[..., Registry]) -> None:
    registry = load_with_toys(fog())
    assert registry.failures == []
    assert list(registry.of("degradation")) == ["darken", "fog", "grain"]
    assert registry.plugins["strange_plugin_0"].brings == ["degradation fog"]
    assert registry.origin[registry.of("degradation")["fog"]].name == "strange_plugin_0"
    assert registry.origin[toys.Darken].brings[0] == "dataset toy-faces"


LISTENER = """
    from benchbench import hookimpl

    @hookimpl({marks})
    def benchbench_board_written(path):
        path.append(__name__)
"""


@pytest.mark.parametrize("marks", ["", "tryfirst=True", "trylast=True"])
def test_plugins_are_heard_in_the_order_of_their_names_however_installed(
    marks: str, load_with_toys: Callable[..., Registry]
) -> None:
    sources = [LISTENER.format(marks=""), LISTENER.format(marks=marks), fog()]
    registry = load_with_toys(*sources)
    entry_points = [TOYS, *(EntryPoint(f"strange_plugin_{i}", f"strange_plugin_{i}", GROUP) for i in range(3))]
    for order in itertools.permutations(entry_points):
        other = load(order)
        assert other.brought == registry.brought
        assert list(other.plugins) == list(registry.plugins)
        heard: list[str] = []
        HookCaller(other, Path(), heard.append).call("benchbench_board_written", path=heard)
        assert heard == ["strange_plugin_0", "strange_plugin_1"]
        assert other.plugins["strange_plugin_0"].brings == ["hook benchbench_board_written"]


def test_a_spec_is_resolved_and_a_chain_too() -> None:
    registry = toys.registry()
    assert registry.resolve("degradation", "darken:0.5") == toys.Darken(factor=0.5)  # type: ignore[arg-type]
    chain = registry.resolve("degradation", "grain:0.2+darken")
    assert chain.parts == (toys.Grain(0.2), toys.Darken())
    with pytest.raises(SpecError, match="unknown degradation 'darkn': did you mean 'darken'"):
        registry.resolve("degradation", "grain+darkn")
    with pytest.raises(SpecError, match="is no component spec"):
        registry.resolve("model", "identity+oracle")


def test_installed_plugins_are_those_of_the_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [TOYS] if group == GROUP else [])
    plugins.loaded.cache_clear()
    try:
        assert_toys_are_there(plugins.registry())
        assert plugins.registry() is plugins.registry()
    finally:
        plugins.loaded.cache_clear()


# ── clashes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_components_of_one_name_are_an_error_that_names_both_plugins(
    load_with_toys: Callable[..., Registry],
) -> None:
    message = str(load_with_toys(fog(name="darken")).clash)
    assert "two plugins bring a degradation named 'darken'" in message
    assert "strange_plugin_0" in message
    assert "leave one out with --no-plugin strange_plugin_0 or --no-plugin toys" in message


def test_the_way_out_is_one_that_works_for_a_plugin_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text(inspect.cleandoc(fog()))
    monkeypatch.setenv("BENCHBENCH_PLUGINS", os.pathsep.join(str(tmp_path / name) for name in ("one.py", "two.py")))
    with pytest.raises(PluginError, match="load only one of these files"):
        plugins.registry()


def test_blocking_one_of_them_is_the_way_out(load_with_toys: Callable[..., Registry]) -> None:
    registry = load_with_toys(fog(name="darken"), blocked=frozenset({"strange_plugin_0"}))
    assert registry.of("degradation")["darken"] is toys.Darken


def test_one_name_for_two_kinds_is_no_clash(load_with_toys: Callable[..., Registry]) -> None:
    registry = load_with_toys(fog(name="identity"))
    assert registry.of("model")["identity"] is toys.Identity
    assert registry.of("degradation")["identity"] is not toys.Identity


def package(folder: Path, name: str, entry_points: str, metadata: bytes | None) -> importlib.metadata.Distribution:
    """An installed package with these entry points; without METADATA if that is None."""
    facts = folder / f"{name}-1.5.dist-info"
    facts.mkdir(parents=True)
    (facts / "entry_points.txt").write_text(f"[benchbench]\n{entry_points}\n")
    if metadata is not None:
        (facts / "METADATA").write_bytes(metadata)
    return importlib.metadata.Distribution.at(facts)


@pytest.fixture
def namesakes(tmp_path: Path, write_module: Write) -> list[EntryPoint]:
    """The entry points of two packages that call their plugins `fog`; the second brings `mist`, too."""
    names = {"one_fog": "fog", "other_fog": "other-fog", "mist": "mist"}
    for module, name in names.items():
        write_module(module, fog(name=name))
    facts = [b"Metadata-Version: 2.1\nName: %s\nVersion: 1\n" % name for name in (b"one", b"other")]
    one = package(tmp_path, "one", "fog = one_fog", facts[0])
    other = package(tmp_path, "other", "fog = other_fog\nmist = mist", facts[1])
    return [*one.entry_points, *other.entry_points]


def test_two_packages_may_call_their_plugins_alike(namesakes: list[EntryPoint]) -> None:
    registry = load(namesakes)
    assert [plugin.full_name for plugin in registry.plugins.values()] == ["one:fog", "other:fog", "other:mist"]
    assert list(registry.of("degradation")) == ["fog", "mist", "other-fog"]
    assert registry.clash is None


@pytest.mark.parametrize(
    ("named", "left"),
    [("one", ["mist", "other-fog"]), ("other:fog", ["fog", "mist"]), ("other", ["fog"]), ("fog", ["mist"])],
)
def test_plugins_are_blocked_by_package_and_name(
    named: str, left: list[str], namesakes: list[EntryPoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: namesakes)
    assert list(load(namesakes, installed()[named]).of("degradation")) == left


def test_the_way_out_of_a_clash_of_namesakes_leaves_one_out(tmp_path: Path, write_module: Write) -> None:
    write_module("one_fog", fog())
    write_module("other_fog", fog())
    packages = [package(tmp_path, name, f"fog = {name}_fog", None) for name in ("one", "other")]
    registry = load([entry_point for p in packages for entry_point in p.entry_points])
    assert str(registry.clash).endswith("leave one out with --no-plugin one:fog or --no-plugin other:fog")


@pytest.mark.parametrize("metadata", [None, b"", b"Name: \xe9\n"])
def test_a_package_with_missing_or_damaged_metadata_is_called_as_its_folder(
    metadata: bytes | None, tmp_path: Path
) -> None:
    [plugin] = load(package(tmp_path, "fine", "toys = toys", metadata).entry_points).plugins.values()
    assert (plugin.distribution, plugin.version, plugin.error) == ("fine", "1.5", None)


def test_one_plugin_seen_twice_is_one() -> None:
    assert_toys_are_there(load([TOYS, TOYS]))


# ── blocking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_blocked_plugin_is_not_even_imported(load_with_toys: Callable[..., Registry]) -> None:
    source = "raise KeyboardInterrupt"
    registry = load_with_toys(source, fog(), blocked=frozenset({"strange_plugin_0"}))
    assert list(registry.plugins) == ["strange_plugin_1", "toys"]
    assert list(load([TOYS], blocked=(name for name in ["other", "toys"])).plugins) == []


def test_plugins_are_blocked_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert blocked() == set()
    monkeypatch.setenv("BENCHBENCH_BLOCK", " toys, ,other.plugin,")
    assert blocked() == {"toys", "other.plugin"}
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [TOYS])
    plugins.loaded.cache_clear()
    try:
        assert plugins.registry().plugins == {}
        assert all(plugins.registry().of(kind) == {} for kind in KINDS)
    finally:
        plugins.loaded.cache_clear()


# ── the public names ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_component_has_a_hook(kind: str) -> None:
    assert f"benchbench_{kind}s" in HOOKS
    assert toys.registry().of(kind)


def test_every_public_name_is_there() -> None:
    for name in benchbench.__all__:
        assert getattr(benchbench, name) is not None
    assert dir(benchbench) == sorted(benchbench.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        benchbench.nothing  # noqa: B018


RANKING = (
    HEAD
    + """
    @hookimpl
    def benchbench_metrics():
        return [Odd]

    @dataclass(frozen=True)
    class Odd(Metric):
        name = {name!r}
        higher_is_better = True
        ranks = {ranks}

        def __call__(self, restored, clean, region=None):
            return restored.flatten(1).mean(1)
"""
)


def test_two_metrics_that_rank_are_an_error_that_names_both(load_with_toys: Callable[..., Registry]) -> None:
    """Or a package that somebody installs could reorder every board."""
    registry = load_with_toys(RANKING.format(name="odd", ranks=True), RANKING.format(name="even", ranks=True))
    assert "two plugins rank the boards, by odd and by even: strange_plugin_0" in str(registry.clash)
    assert "leave one out with --no-plugin strange_plugin_" in str(registry.clash)


def test_one_metric_that_ranks_stands_beside_others_that_do_not(load_with_toys: Callable[..., Registry]) -> None:
    registry = load_with_toys(RANKING.format(name="odd", ranks=True), RANKING.format(name="even", ranks=False))
    assert registry.clash is None
    assert {"odd", "even"} <= set(registry.of("metric"))
