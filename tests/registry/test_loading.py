"""Plugins that cannot be loaded: each is reported by name, and the others are there."""

from __future__ import annotations

import inspect
import signal
import warnings
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import torch
from fogs import HEAD, TOYS, assert_toys_are_there, failure, fog

from benchbench.registry.hookspecs import HOOKS_VERSION
from benchbench.registry.registry import Registry, load
from benchbench.registry.sources import GROUP
from benchbench.running.listeners import HookCaller


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('no licence\\nsecond line')", "RuntimeError: no licence"),
        ("import a_module_that_is_nowhere", "ModuleNotFoundError: No module named 'a_module_that_is_nowhere'"),
        ("def broken(:", "SyntaxError: invalid syntax"),
        ("import sys; sys.exit('bye')", "SystemExit: bye"),
        ("from benchbench import nothing_like_this", "ImportError: cannot import name 'nothing_like_this'"),
        ("class Panic(BaseException): pass\nraise Panic('in Rust')", "Panic: in Rust"),
        ("import pytest; pytest.skip('no camera', allow_module_level=True)", "Skipped: no camera"),
        ("import asyncio; raise asyncio.CancelledError", "CancelledError"),
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


@pytest.mark.parametrize("value", ["not a module!", "", ":function", "toys:"])
def test_a_malformed_entry_point_is_reported_in_words(value: str) -> None:
    registry = load([EntryPoint("odd", value, GROUP), TOYS])
    assert registry.plugins["odd"].error == f"its entry point is malformed: 'odd = {value}' names no module"
    assert_toys_are_there(registry)


def test_a_hook_that_raises_anything_leaves_its_plugin_out(load_with_toys: Callable[..., Registry]) -> None:
    panics = HEAD + "\n    class Panic(BaseException): pass\n    @hookimpl\n    def benchbench_{}: raise Panic('later')"
    registry = load_with_toys(panics.format("models()"), panics.format("board_written(path)"))
    assert failure(registry).startswith("Panic: later")
    assert_toys_are_there(registry)
    warnings: list[str] = []
    HookCaller(registry, Path(), warnings.append).call("benchbench_board_written", path=Path())
    assert warnings == ["benchbench_board_written of plugin strange_plugin_1 raised Panic: later"]


def test_only_ctrl_c_goes_through(load_with_toys: Callable[..., Registry]) -> None:
    with pytest.raises(KeyboardInterrupt):
        load_with_toys("raise KeyboardInterrupt")


def test_what_plugins_print_goes_to_the_standard_error(
    load_with_toys: Callable[..., Registry], capfd: pytest.CaptureFixture[str]
) -> None:
    source = """
        import os, subprocess
        print("by Python")
        os.write(1, b"by an extension ")
        subprocess.run(["echo", "by a program"])

        @hookimpl
        def benchbench_board_written(path):
            print("by a hook")
        """
    registry = load_with_toys("from benchbench import hookimpl\n" + inspect.cleandoc(source))
    HookCaller(registry, Path(), pytest.fail).call("benchbench_board_written", path=Path())
    out, err = capfd.readouterr()
    assert registry.failures == []
    assert out == ""
    assert sorted(err.split("by ")[1:]) == ["Python\n", "a hook\n", "a program\n", "an extension "]


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


CHANGES = """
    import os, signal, warnings
    import torch

    os.chdir("/")
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
"""


def test_an_import_changes_nothing_for_the_others(
    load_with_toys: Callable[..., Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def state() -> list[object]:
        handler = signal.getsignal(signal.SIGINT)
        return [Path.cwd(), torch.get_default_dtype(), torch.is_grad_enabled(), list(warnings.filters), handler]

    monkeypatch.chdir(tmp_path)
    before = state()
    assert load_with_toys(CHANGES).failures == []
    assert state() == before
