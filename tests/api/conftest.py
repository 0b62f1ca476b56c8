"""What the tests of the Python interface share: a registry of the toys, and one run by it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import toys
from torch import nn

import benchbench
from benchbench.api import request
from benchbench.api.leaderboard import Leaderboard


@pytest.fixture(autouse=True)
def _toys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "registry", toys.registry)


@pytest.fixture(scope="session")
def board(tmp_path_factory: pytest.TempPathFactory, toy_cache: Path) -> Leaderboard:
    """The board of a class and a spec, on the toy portraits."""

    @dataclass(frozen=True)
    class Local(benchbench.Model):
        """A model that no plugin brings, and that cannot be imported."""

        name = "local"
        width: int = benchbench.param(1, "of nothing", low=1)

        def build(self, task: benchbench.Task) -> nn.Module:
            return nn.Conv2d(3, 3, self.width, padding="same")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request, "registry", toys.registry)
        patch.setenv("BENCHBENCH_CACHE", str(toy_cache))
        out = tmp_path_factory.mktemp("api") / "runs"
        return benchbench.run(
            degrade=toys.Darken, model=[Local(width=3), "identity"], size=16, budget="2epochs", out=out, quiet=True,
            device="cpu", with_references=False,
        )  # fmt: skip
