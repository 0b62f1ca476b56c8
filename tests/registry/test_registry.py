"""The plugin manager: whatever one plugin does wrong is reported by name, and the others are there."""

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

import benchbench
from benchbench import PluginError, SpecError
from benchbench.registry import registry as plugins
from benchbench.registry.hookspecs import HOOKS_VERSION
from benchbench.registry.registry import KINDS, Registry, load
from benchbench.registry.sources import GROUP, blocked
from benchbench.registry.validation import HOOKS
from benchbench.running.listeners import HookCaller

Write = Callable[[str, str], Path]
TOYS = EntryPoint("toys", "toys", GROUP)
HEAD = """
    from dataclasses import dataclass
    from typing import ClassVar
    from benchbench import Dataset, Degradation, Degraded, Metric, Model, Range, Recipe, hookimpl, param

"""
FOG = (
    HEAD
    + """
    @hookimpl
    def benchbench_degradations():
        return [{brings}]

    {decorator}
    class Fog(Degradation):
        name = {name!r}
        {body}

        def apply(self, clean, draw):
            return Degraded(clean)
"""
)


def fog(brings: str = "Fog", decorator: str = "@dataclass(frozen=True)", name: object = "fog", body: str = "") -> str:
    """The source of a plugin with one degradation."""
    return FOG.format(brings=brings, decorator=decorator, name=name, body=body)


@pytest.fixture
def load_with_toys(write_module: Write) -> Callable[..., Registry]:
    """A function that loads plugins of these sources together with the toys."""

    def loaded(*sources: str, blocked: frozenset[str] = frozenset()) -> Registry:
        names = [f"strange_plugin_{i}" for i in range(len(sources))]
        for name, source in zip(names, sources, strict=True):
            write_module(name, source)
        return load([*(EntryPoint(name, name, GROUP) for name in names), TOYS], blocked)

    return loaded


def assert_toys_are_there(registry: Registry) -> None:
    assert set(registry.of("degradation")) >= {"darken", "grain"}
    assert list(registry.of("model")) == ["identity", "oracle", "tiny-conv"]
    assert registry.plugins["toys"].error is None


def failure(registry: Registry) -> str:
    """The error of the only plugin that failed."""
    [plugin] = registry.failures
    assert plugin.name == "strange_plugin_0"
    return plugin.error or ""


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
        assert other.components == registry.components
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


# ── what goes wrong while loading ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('no licence\\nsecond line')", "RuntimeError: no licence"),
        ("import a_module_that_is_nowhere", "ModuleNotFoundError: No module named 'a_module_that_is_nowhere'"),
        ("def broken(:", "SyntaxError: invalid syntax"),
        ("import sys; sys.exit('bye')", "SystemExit: bye"),
        ("from benchbench import nothing_like_this", "ImportError: cannot import name 'nothing_like_this'"),
    ],
)
def test_a_broken_import_is_reported_and_the_others_are_there(
    source: str, reason: str, load_with_toys: Callable[..., Registry]
) -> None:
    registry = load_with_toys(source)
    assert failure(registry).startswith(reason)
    assert "\n" not in failure(registry)
    assert_toys_are_there(registry)


def test_the_line_that_raised_is_named(load_with_toys: Callable[..., Registry]) -> None:
    assert failure(load_with_toys("import benchbench\n\nbenchbench.nothing")).endswith(".py:3)")


def test_an_entry_point_to_nowhere_is_reported() -> None:
    registry = load([EntryPoint("lost", "toys:nothing", GROUP), TOYS])
    assert "has no attribute 'nothing'" in str(registry.plugins["lost"].error)
    assert_toys_are_there(registry)


def test_a_misspelt_hook_is_reported_with_the_right_one(load_with_toys: Callable[..., Registry]) -> None:
    misspelt = HEAD + "\n    @hookimpl\n    def benchbench_degradation():\n        return []\n"
    registry = load_with_toys(misspelt)
    assert "unknown hook benchbench_degradation: did you mean 'benchbench_degradations'" in failure(registry)
    assert_toys_are_there(registry)


def test_several_misspelt_plugins_are_all_reported(load_with_toys: Callable[..., Registry]) -> None:
    sources = [
        f"{HEAD}\n    @hookimpl\n    def {name}():\n        return []\n" for name in ("benchbench_modles", "modles")
    ]
    registry = load_with_toys(*sources)
    assert [plugin.name for plugin in registry.failures] == ["strange_plugin_0", "strange_plugin_1"]
    assert "'benchbench_models'" in str(registry.failures[0].error)
    assert "modles" in str(registry.failures[1].error)
    assert_toys_are_there(registry)


OTHER_HOOKS = {
    "a later version": ("benchbench_hooks = 2", "written for version 2 of benchbench's hooks; this benchbench has 1"),
    "no version": ("benchbench_hooks = None", "written for version None"),
    "an unknown argument": (
        "@hookimpl\n    def benchbench_board_written(path, colour):\n        pass",
        "benchbench_board_written wants colour, but is given path; was it written for another version of benchbench's hooks "
        "(this one: 1)?",
    ),
    "an argument too much": (
        "@hookimpl\n    def benchbench_metrics(kind):\n        return []",
        "benchbench_metrics wants kind, but is given no arguments; was it written for",
    ),
    "an unknown hook": (
        "@hookimpl\n    def benchbench_datasets_of(kind):\n        return []",
        "unknown hook benchbench_datasets_of: did you mean 'benchbench_datasets' or '",
    ),
    "a wrapper": (
        "@hookimpl(wrapper=True)\n    def benchbench_board_written(path):\n        return (yield)",
        "benchbench_board_written is a wrapper",
    ),
    "no marker": ("def benchbench_models():\n        return []", "benchbench_models lacks @benchbench.hookimpl"),
}


@pytest.mark.parametrize("case", OTHER_HOOKS)
def test_a_plugin_for_other_hooks_is_left_out_as_a_whole(case: str, load_with_toys: Callable[..., Registry]) -> None:
    source, reason = OTHER_HOOKS[case]
    registry = load_with_toys(f"{fog()}\n    {source}\n")
    assert reason in failure(registry)
    assert registry.plugins["strange_plugin_0"].brings == []
    assert [impl.plugin_name for impl in registry.implementations("benchbench_degradations")] == ["toys"]
    assert registry.implementations("benchbench_board_written") == []
    assert_toys_are_there(registry)


def test_a_plugin_may_say_the_version_and_have_hooks_of_later_ones(load_with_toys: Callable[..., Registry]) -> None:
    later = "@hookimpl(optionalhook=True)\n    def benchbench_schedules():\n        return []"
    registry = load_with_toys(f"{fog()}\n    benchbench_hooks = {HOOKS_VERSION}\n\n    {later}\n")
    assert registry.failures == []
    assert "fog" in registry.of("degradation")


def test_a_hook_may_want_less_and_have_arguments_of_its_own(load_with_toys: Callable[..., Registry]) -> None:
    hook = "@hookimpl\n    def benchbench_trial_finished(result, memory=[]):\n        memory.append(result['status'])"
    registry = load_with_toys(f"{HEAD}\n    {hook}\n")
    assert registry.failures == []
    warnings: list[str] = []
    result = {"status": "scored"}
    HookCaller(registry, Path(), warnings.append).call(
        "benchbench_trial_finished", trial={}, result=result, folder=Path()
    )
    assert warnings == []
    [impl] = registry.implementations("benchbench_trial_finished")
    assert impl.function.__defaults__ == (["scored"],)


# ── suites ───────────────────────────────────────────────────────────────────────────────────────────────────────────

SUITES = """
    from pathlib import Path
    from benchbench import hookimpl

    @hookimpl
    def benchbench_suites():
        return {paths}
"""


def test_a_suite_is_known_by_its_file_and_its_plugin(tmp_path: Path, load_with_toys: Callable[..., Registry]) -> None:
    path = tmp_path / "fogs.toml"
    path.touch()
    registry = load_with_toys(SUITES.format(paths=f"[Path({str(path)!r})]"))
    assert registry.suites == {"fogs": path}
    assert registry.plugins["strange_plugin_0"].brings == ["suite fogs"]
    with pytest.raises(
        PluginError, match=r"two plugins bring a suite named 'fogs': strange_plugin_0 .* strange_plugin_1"
    ):
        load_with_toys(*[SUITES.format(paths=f"[Path({str(path)!r})]")] * 2)


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        ("[Path('nowhere.toml')]", "is no suite: it must be the Path of a TOML file"),
        ("['suite.toml']", "'suite.toml' is no suite"),
        ("Path(__file__)", "benchbench_suites must return a list"),
        ("[Path(__file__)]", "is no suite"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_wrong_suite_is_reported_and_the_others_are_there(
    paths: str, reason: str, load_with_toys: Callable[..., Registry]
) -> None:
    registry = load_with_toys(SUITES.format(paths=paths))
    assert reason in failure(registry)
    assert_toys_are_there(registry)


# ── what is wrong with components ────────────────────────────────────────────────────────────────────────────────────

ABSTRACT = fog().replace("def apply", "def applyy")
WRONG_COMPONENTS = {
    "nothing": (fog(brings="").replace("[]", "None"), "must return a list, not None"),
    "an instance": (fog(brings="Fog()"), "is an instance: return the class Fog itself"),
    "something else": (fog(brings="dict"), "is no degradation class"),
    "another kind": (fog(brings="Fog").replace("degradations", "models"), "is no model class"),
    "abstract": (ABSTRACT, "fog: apply must be defined"),
    "no dataclass": (fog(decorator="", body="depth: int = param(3)"), "fog: decorate the class with @dataclass"),
    "no name": (fog(name=None), "Fog: its name None must be lower-case letters, digits, - and _"),
    "capitals": (fog(name="Fog"), "Fog: its name 'Fog' must be"),
    "a path": (fog(name="../fog"), "Fog: its name '../fog' must be"),
    "a pipe": (fog(name="a|b"), "Fog: its name 'a|b' must be"),
    "an empty name": (fog(name=""), "Fog: its name '' must be"),
    "a line too much": (fog(name="fog\n"), "Fog: its name 'fog\\n' must be"),
    "a list": (fog(body="depth: tuple = param((3,))"), "fog: Fog.depth cannot be a parameter"),
    "an unknown type": (fog(body="depth: Unknown = param(3)").replace("    from d", "    from __future__ import "
                        "annotations\n    from d", 1), "fog: name 'Unknown' is not defined"),
    "an illegal default": (fog(body="depth: int = param(3, low=5)"), "fog: depth=3 is not legal"),
    "a hook that raises": (fog(brings="1 / 0"), "ZeroDivisionError: division by zero"),
    "a hook that leaves": (fog(brings="exit(3)"), "SystemExit: 3"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_COMPONENTS)
def test_a_wrong_component_is_reported_and_the_others_are_there(
    case: str, load_with_toys: Callable[..., Registry]
) -> None:
    source, reason = WRONG_COMPONENTS[case]
    registry = load_with_toys(source)
    assert reason in failure(registry)
    assert registry.plugins["strange_plugin_0"].brings == []
    assert_toys_are_there(registry)


def test_a_plugin_with_one_wrong_part_is_left_out_as_a_whole(load_with_toys: Callable[..., Registry]) -> None:
    hooks = "@hookimpl\n    def benchbench_models():\n        return [Fog]\n\n    @hookimpl\n    def benchbench_board_written(): ..."
    registry = load_with_toys(f"{fog()}\n    {hooks}\n")
    assert "is no model class" in failure(registry)
    assert registry.plugins["strange_plugin_0"].brings == []
    assert "fog" not in registry.of("degradation")
    assert registry.implementations("benchbench_board_written") == []
    assert not [plugin for plugin in registry.origin.values() if plugin.name != "toys"]


def test_a_plugin_that_brings_one_name_twice_is_left_out(load_with_toys: Callable[..., Registry]) -> None:
    registry = load_with_toys(fog(brings="Fog, Fog"))
    assert failure(registry) == "brings two degradations named 'fog'"
    assert_toys_are_there(registry)


@pytest.mark.parametrize("misspelt", ["has_orcale = True", "def inverts(self, x, truth): ...", "descriptions = ''"])
def test_what_looks_like_a_misspelt_part_of_the_contract_is_a_warning(
    misspelt: str, load_with_toys: Callable[..., Registry]
) -> None:
    registry = load_with_toys(fog(body=misspelt))
    assert registry.failures == []
    [warning] = registry.plugins["strange_plugin_0"].warnings
    assert warning.startswith("fog has '")
    assert "did you mean '" in warning


@pytest.mark.parametrize(
    "own", ["version_of: int = param(3)", "_inverts = 1", "density = 0.5", "def name_it(self): ..."]
)
def test_an_authors_own_names_are_no_warning(own: str, load_with_toys: Callable[..., Registry]) -> None:
    assert load_with_toys(fog(body=own)).plugins["strange_plugin_0"].warnings == []


def test_no_built_in_component_has_a_misspelt_part() -> None:
    assert {p.name: p.warnings for p in plugins.registry().plugins.values() if p.warnings} == {}


def test_class_variables_need_no_dataclass(load_with_toys: Callable[..., Registry]) -> None:
    assert load_with_toys(fog(decorator="", body="depth: ClassVar[int] = 3")).failures == []


# ── clashes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_components_of_one_name_are_an_error_that_names_both_plugins(
    load_with_toys: Callable[..., Registry],
) -> None:
    with pytest.raises(PluginError) as caught:
        load_with_toys(fog(name="darken"))
    message = str(caught.value)
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


def test_two_plugins_of_one_name_are_an_error_that_names_both_modules(write_module: Write) -> None:
    write_module("other_toys", fog())
    with pytest.raises(PluginError, match=r"two plugins are named 'toys': other_toys .* and toys"):
        load([TOYS, EntryPoint("toys", "other_toys", GROUP)])


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
    with pytest.raises(
        PluginError, match=r"two metrics rank the boards: odd .* and even .*--no-plugin strange_plugin_"
    ):
        load_with_toys(RANKING.format(name="odd", ranks=True), RANKING.format(name="even", ranks=True))


def test_one_metric_that_ranks_stands_beside_others_that_do_not(load_with_toys: Callable[..., Registry]) -> None:
    registry = load_with_toys(RANKING.format(name="odd", ranks=True), RANKING.format(name="even", ranks=False))
    assert {"odd", "even"} <= set(registry.of("metric"))


def test_no_degradation_takes_the_name_of_a_page(load_with_toys: Callable[..., Registry]) -> None:
    assert "no degradation can be named 'overall'" in failure(load_with_toys(fog(name="overall")))
