"""A run in parts, on machines that know nothing of each other."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import toys
from command import board
from hypothesis import given
from hypothesis import strategies as st

from benchbench import SpecError
from benchbench.running import plan
from benchbench.running.shards import parse_shard, shard_of

REGISTRY = toys.registry()


@given(st.integers(1, 40), st.integers(1, 5))
def test_all_parts_have_each_trial_once_and_as_many_of_each_model(parts: int, seeds: int) -> None:
    request = plan.RunRequest(seed=range(seeds))
    data, models = [toys.unread(Path("cache"))], [toys.Identity(), toys.Oracle(), toys.TinyConv()]
    trials = plan.trials(REGISTRY, request, data, [toys.Darken(), toys.Grain()], models)
    found = [shard_of(trials, part, parts) for part in range(1, parts + 1)]
    assert Counter(t.folder(Path()) for shard in found for t in shard) == Counter(t.folder(Path()) for t in trials)
    assert all([t for t in trials if t in shard] == shard for shard in found)
    for model in models:
        counts = [sum(t.model == model for t in shard) for shard in found]
        assert max(counts) - min(counts) <= 1
    assert max(map(len, found)) - min(map(len, found)) <= 1


@pytest.mark.parametrize("text", ["", "3", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "½"])
def test_what_is_no_part_is_an_error(text: str) -> None:
    with pytest.raises(SpecError, match="3/12 is the third of twelve"):
        parse_shard(text)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_parts_on_machines_of_their_own_give_the_boards_of_one_run(tmp_path: Path) -> None:
    def benchbench(*arguments: object) -> None:
        subprocess.run([sys.executable, "-m", "benchbench", *map(str, arguments)], check=True, timeout=300)

    run = ["run", "--quiet", "--dataset", "faces:n=200", "--size", "32", "--degrade", "pixelate", "--model", "bicubic",
           "--model", "autoencoder", "--budget", "0.01TFLOP", "--seeds", "2"]  # fmt: skip
    for name, shards in (("whole", ["1/1"]), ("merged", ["1/2", "2/2"])):
        parts = [tmp_path / name / str(k) for k in range(len(shards))]
        for part, shard in zip(parts, shards, strict=True):
            benchbench(*run, "--out", part, "--shard", shard)
        out = tmp_path / name / "all"
        benchbench("leaderboard", "merge", *parts, "--out", out)
        benchbench("leaderboard", "build", "--runs", out, "--out", out / "leaderboards")
    assert board(tmp_path / "merged" / "all") == board(tmp_path / "whole" / "all")
