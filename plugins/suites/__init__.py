"""The built-in suites: one TOML file a study."""

from __future__ import annotations

from pathlib import Path

from benchbench import hookimpl


@hookimpl
def benchbench_suites() -> list[Path]:
    return sorted(Path(__file__).parent.glob("*.toml"))
