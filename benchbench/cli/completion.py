"""Tab completion of component specs: the name, then its parameters, then their values."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string

from ..contracts.component import KIND_NAMES

Complete = Callable[[click.Context, click.Parameter, str], list[str]]
CUTS = ":="
"""Characters at which bash cuts a word in two."""


def specs_of(kind: str) -> Complete:
    """Return a function that completes specs of components of a kind, and `all`; of metrics `default`, too."""

    def complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        from ..registry import catalogue

        entries = [e for e in catalogue.read() if e["kind"] == kind]
        return candidates(entries, incomplete, chained=kind == "degradation")

    return complete


def kinds_and_names(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete the argument of `benchbench list`: kinds and names."""
    from ..registry import catalogue

    names = {e["name"] for e in catalogue.select(catalogue.read(), None)}
    return sorted(
        word for word in {f"{kind}s" for kind in (*KIND_NAMES, "plugin")} | names if word.startswith(incomplete)
    )


def candidates(entries: Iterable[dict[str, Any]], incomplete: str, chained: bool = False) -> list[str]:
    """Complete a spec: `unet:wi` -> `unet:width=`. Each candidate begins with `incomplete`."""
    from ..contracts.specs import parts_of
    from ..registry.validation import ALL, DEFAULT

    last = parts_of(incomplete + "x")[-1][:-1] if chained else incomplete  # as if a letter had followed a "+"
    before = incomplete[: len(incomplete) - len(last)]
    by_name = {e["name"]: e for e in entries}
    groups = [ALL, DEFAULT] if any(e["kind"] == "metric" for e in by_name.values()) else [ALL]
    name, colon, rest = last.partition(":")
    if not colon:
        words = [*by_name] if before else [*groups, *by_name]
        return [before + word for word in words if word.startswith(last)]
    *given, current = rest.split(",")
    before = incomplete[: len(incomplete) - len(current)]
    taken = {pair.partition("=")[0] for pair in given}
    free = [p for p in by_name[name]["parameters"] if p["name"] not in taken] if name in by_name else []
    words = [f"{p['name']}=" for p in free] + [f"{p['name']}={value}" for p in free for value in p["choices"]]
    return [before + word for word in words if word.startswith(current) and word != current]


class Bash(BashComplete):
    """bash hands over `unet:width=16` as five words and replaces the last one only; here they are one again."""

    source_template = BashComplete.source_template.replace(
        "    return 0\n", "    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n\n    return 0\n"
    )
    _kept = 0

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one to complete, and that one."""
        words, number = split_arg_string(os.environ["COMP_WORDS"]), int(os.environ["COMP_CWORD"])
        before, current = words[1:number], "".join(words[number : number + 1])
        args: list[str] = []
        for word in [*before, current]:
            glued = bool(args) and word != "" and (word[0] in CUTS or args[-1][-1:] in tuple(CUTS))
            args[-1:] = [args[-1] + word] if glued else [*args[-1:], word]
        incomplete = args.pop()
        if incomplete.startswith("-") and "=" in incomplete:
            option, _, incomplete = incomplete.partition("=")
            args.append(option)
        self._kept = len(incomplete) - len(current.strip(CUTS))
        return args, incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """Return the text that bash puts in the place of the last word."""
        return f"{item.type},{item.value[self._kept :]}"


add_completion_class(Bash)
