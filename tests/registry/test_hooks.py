"""Every hook has a docstring, a section in the reference that says the same, and a test that implements it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from benchbench.registry import sources
from benchbench.registry.hookspecs import HOOKS_VERSION
from benchbench.registry.registry import load
from benchbench.registry.validation import HOOKS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "hooks.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `(\w+)[^\n]*\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_a_docstring_that_explains_its_arguments(name: str) -> None:
    text = inspect.getdoc(HOOKS[name]) or ""
    assert text.endswith(".")
    assert [a for a in inspect.signature(HOOKS[name]).parameters if f"`{a}`" not in text] == []


def test_the_reference_has_the_hooks_and_no_others() -> None:
    assert list(SECTIONS) == list(HOOKS)
    assert f"version {HOOKS_VERSION}" in PAGE


@pytest.mark.parametrize("name", HOOKS)
def test_the_reference_gives_the_signature_and_explains_the_arguments(name: str) -> None:
    arguments = list(inspect.signature(HOOKS[name]).parameters)
    assert f"### `{name}({', '.join(arguments)})`" in PAGE.splitlines()
    assert [a for a in arguments if f"`{a}`" not in SECTIONS[name]] == []


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_implemented_by_a_plugin_that_tests_use(name: str) -> None:
    files = [*(ROOT / "tests" / "helpers").glob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    assert [path for path in files if re.search(rf"@hookimpl\ndef {name}\(", path.read_text(encoding="utf-8"))] != []
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    assert [path for path in tests if name in path.read_text(encoding="utf-8")] != []


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_example_of_the_reference_is_a_plugin(number: int, write_module: Callable[[str, str], Path]) -> None:
    (write_module("reference_page", BLOCKS[number]).parent / "fog.toml").touch()
    registry = load([EntryPoint("reference", "reference_page", sources.GROUP)])
    assert registry.failures == []
    [plugin] = registry.plugins.values()
    heard = [hook for hook in HOOKS if registry.implementations(hook)]
    assert heard
    assert plugin.warnings == []


def test_the_examples_implement_every_hook() -> None:
    assert [name for name in HOOKS if not any(f"def {name}(" in block for block in BLOCKS)] == []
