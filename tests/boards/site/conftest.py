"""Results of two boards, and their site."""

from __future__ import annotations

from pathlib import Path

import gallery
import pytest
from gallery import build


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of two boards."""
    return gallery.small(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session")
def files(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The site of these results."""
    return build(runs, tmp_path_factory.mktemp("site") / "site")
