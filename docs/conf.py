"""How Sphinx builds the documentation: `sphinx-build -W docs docs/_build`."""

from __future__ import annotations

import inspect
import re
from typing import Any

from benchbench import __version__
from benchbench.registry import catalogue
from benchbench.registry.registry import KINDS, registry

project = "benchbench"
copyright = "the benchbench authors"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click", "sphinx_copybutton"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "benchbench"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "undoc-members": True, "show-inheritance": True}
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
nitpicky = False


def fill_in(_app: Any, page: str, source: list[str]) -> None:
    """Write the page of components from the registry."""
    if page == "reference/components":
        found = registry()
        entries = catalogue.entries(found)
        for kind in KINDS:
            source[0] += f"\n## {'Data set' if kind == 'dataset' else kind.capitalize()}s\n"
            own = [e for e in entries if e["kind"] == kind and e["distribution"] == "benchbench-portraits"]
            source[0] += "".join(_component(found.of(kind)[entry["name"]], entry) for entry in own)


def _component(component: type, entry: dict[str, Any]) -> str:
    lines = (f"- `{p['name']}={p['default'] or '…'}` — {p['help']} ({p['legal']})\n" for p in entry["parameters"])
    return f"\n### {entry['name']}\n\n{inspect.getdoc(inspect.getmodule(component))}\n\n{''.join(lines)}"


def literal(_app: Any, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Docstrings are written as Markdown: their backticks as reStructuredText has them."""
    lines[:] = [re.sub(r"`([^`]+)`", r"\\ ``\1``\\ ", line) for line in lines]


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", fill_in)
    app.connect("autodoc-process-docstring", literal)
