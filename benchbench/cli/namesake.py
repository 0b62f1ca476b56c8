"""The other project called benchbench: its package has the same name as ours, and takes the place of our files."""

from __future__ import annotations

from pathlib import Path

WAY_OUT = "pip uninstall benchbench benchbench-portraits, and then pip install benchbench-portraits"


def files_of_another(package: Path) -> str | None:
    """Say in a line what to uninstall if another project's files lie in this package's folder; None if none do.

    >>> files_of_another(Path("nowhere/benchbench"))
    """
    found = next(package.parent.glob("benchbench-[0-9]*.dist-info"), None)
    if found is None:
        return None
    return f"the files of another project, {found.stem.replace('-', ' ')}, lie among those of this one: {WAY_OUT}"
