"""Timings of everything registered, plugins included, beside other libraries: the cases of `benchbench speed`.

Not part of the default run, which collects test_*.py: `pytest tests/benchmarks/components.py --benchmark-enable`, with
`-k swirl` for some, and `--benchmark-json FILE` to keep them.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchbench import speed
from benchbench.registry.registry import registry

SIZE = 64
KINDS = {
    "degradation": "degradation",
    "metric": "metric",
    "training step": "model",
    "inference": "model",
}
CALLS = [
    (kind, name, library)
    for kind, component in KINDS.items()
    for name in registry().of(component)
    for library in ("benchbench", *(p.library for p in speed.known_peers(registry()) if p.of == name))
]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def cache(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One cache for all, so that the images are made once."""
    monkeypatch.setenv("BENCHBENCH_CACHE", str(shared))
    return shared


@pytest.mark.parametrize(("kind", "name", "library"), CALLS, ids=["-".join(call) for call in CALLS])
@pytest.mark.filterwarnings("ignore")  # of other libraries
def test_speed(benchmark: BenchmarkFixture, kind: str, name: str, library: str) -> None:
    chosen = {component: [name] if component == KINDS[kind] else [] for component in KINDS.values()}
    found = speed.cases(registry(), chosen, SIZE, "cpu")
    case = next((case for case in found if case.kind == kind), None)
    if case is None:
        pytest.skip(f"{name} has no {kind} at {SIZE} px")
    benchmark.group = f"{kind} {name}"
    benchmark.extra_info["images"] = case.images
    benchmark(case.ours if library == "benchbench" else case.peers[library][0])
