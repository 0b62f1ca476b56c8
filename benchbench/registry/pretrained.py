"""The pretrained weights that the registered components can use, in plain values and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..contracts.weights import Weights, find_weights
from ..errors import SpecError, did_you_mean
from ..files import file_digest
from .registry import KINDS, Registry


def of(registry: Registry, names: Sequence[str] = ()) -> dict[Weights, list[str]]:
    """Map the pretrained weights that components can use to these components; `names` selects files.

    Raises SpecError for a name that no component uses.
    """
    users: dict[Weights, list[str]] = {}
    for kind in KINDS:
        for name, component in registry.of(kind).items():
            for each in component.weights:
                users.setdefault(each, []).append(f"{kind} {name}")
    known = {each.name for each in users}
    for name in names:
        if name not in known:
            raise SpecError(f"no component uses weights named '{name}': {did_you_mean(name, known)}")
    return {each: users[each] for each in sorted(users, key=lambda w: w.name) if not names or each.name in names}


def described(weights: Weights, users: Sequence[str]) -> dict[str, Any]:
    """Describe a file of weights in plain values; its `state` is here, missing or altered."""
    path, state = find_weights(weights), "missing"
    if path:
        state = "here" if not weights.sha256 or file_digest(path).startswith(weights.sha256) else "altered"
    size = path.stat().st_size / 1e6 if path else weights.megabytes
    return {**vars(weights), "megabytes": size, "state": state, "path": str(path) if path else None, "for": list(users)}


def as_text(entries: Sequence[Mapping[str, Any]]) -> str:
    """Format weights for people."""
    lines = []
    for entry in entries:
        size = f", {entry['megabytes']:.3g} MB" if entry["megabytes"] is not None else ""
        checksum = f"SHA-256 {entry['sha256']}…" if entry["sha256"] else "SHA-256 not published"
        where = {"here": f"in {entry['path']}", "missing": "missing", "altered": f"not as published: {entry['path']}"}
        lines += [f"{entry['name']}: {where[entry['state']]}{size}", f"    for {', '.join(entry['for'])}"]
        lines += [f"    {entry['url'] or 'cannot be downloaded'} ({checksum})"]
    if any(entry["state"] != "here" and entry["url"] for entry in entries):
        lines += ["", "Nothing is downloaded unasked; `benchbench weights --download [NAME]...` fetches these."]
    return "\n".join(lines) or "No component uses pretrained weights."
