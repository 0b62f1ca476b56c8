"""Timings: ours and theirs in turn, told in numbers that can be kept and compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from benchbench import Peer, SpecError
from benchbench.cli import main
from benchbench.speed import LEAST_ROUNDS, Case, read_report, report, time_case


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _data_once(cache: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default data set takes seconds to make: tests of the command share it."""
    monkeypatch.setenv("BENCHBENCH_CACHE", str(shared))


def counting(calls: list[str], name: str, value: float) -> Callable[[], torch.Tensor]:
    def call() -> torch.Tensor:
        calls.append(name)
        return torch.tensor([value])

    return call


def peer(library: str, call: Callable[[], Any], exact: bool = True) -> Peer:
    return Peer("m", library, lambda *given: call, exact)


def test_ours_and_theirs_are_called_in_turn_and_their_values_compared() -> None:
    calls: list[str] = []
    peers = [peer("exact", counting(calls, "exact", 1.5)), peer("other", counting(calls, "other", 9.0), exact=False)]
    ours, exact, other = time_case(Case("metric", "m", 4, counting(calls, "ours", 1.0), peers), seconds=0)
    assert calls == ["ours", "exact", "other"] * (1 + LEAST_ROUNDS)  # the first round warms up
    assert (ours.library, ours.ratio, ours.difference) == ("benchbench", None, None)
    assert exact.difference == 0.5
    assert other.difference is None
    assert exact.ratio == pytest.approx(exact.ms / ours.ms)
    assert all(t.low <= t.ms <= t.high and t.rounds == LEAST_ROUNDS for t in (ours, exact, other))


def test_a_report_can_be_kept_and_read(tmp_path: Path) -> None:
    timings = time_case(Case("metric", "m", 1, lambda: torch.zeros(1)), seconds=0)
    (tmp_path / "report.json").write_text(json.dumps(report(timings, 64, "cpu")))
    assert read_report(tmp_path / "report.json", 64, "cpu") == {("metric", "m", "benchbench"): timings[0].ms}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"timings": [{"kind": "x"}]}', '{"timings": 3}'])
def test_what_is_no_report_is_an_error_that_says_how_to_make_one(text: str, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(SpecError, match="benchbench speed --json"):
        read_report(tmp_path / "report.json", 64, "cpu")


@pytest.mark.slow
def test_the_command_times_degradations_metrics_and_models_beside_their_peers(tmp_path: Path) -> None:
    quick = ["--size", "32", "--seconds", "0", "--threads", "1", "--degrade", "pixelate", "--metric", "psnr"]
    command = ["speed", *quick, "--model", "basic-cnn", "--model", "median"]
    done = CliRunner().invoke(main, [*command, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    timings = json.loads(done.stdout)["timings"]
    kinds = {(t["kind"], t["name"]) for t in timings if t["library"] == "benchbench"}
    assert kinds == {
        ("degradation", "pixelate"), ("metric", "psnr"), ("training step", "basic-cnn"),
        ("inference", "basic-cnn"), ("inference", "median"),
    }  # fmt: skip
    assert {t["library"] for t in timings if t["kind"] == "degradation"} > {"benchbench"}
    (tmp_path / "before.json").write_text(done.stdout)
    again = CliRunner().invoke(main, [*command, "--compare", str(tmp_path / "before.json")], catch_exceptions=False)
    lines = again.stdout.splitlines()
    assert len(lines) == 1 + len(timings)
    assert "before/now" in lines[0]
    assert all(line.endswith("×") for line in lines[1:])


def test_a_device_that_is_not_there_is_one_line() -> None:
    done = CliRunner().invoke(main, ["speed", "--metric", "mse", "--device", "cuda:99"])
    assert done.exit_code == 2
    assert "device 'cuda:99' cannot be used" in done.stderr
    quick = ["--size", "32", "--seconds", "0", "--threads", "1"]
    assert CliRunner().invoke(main, ["speed", "--metric", "mse", *quick, "--device", "auto"]).exit_code == 0


def test_benchbench_peers_of_every_plugin_are_asked() -> None:
    """The hook `benchbench_peers` is asked of every plugin: those that are built in come by the same door."""
    from benchbench.registry.registry import registry

    assert {impl.plugin_name for impl in registry().implementations("benchbench_peers")} >= {
        "peer.pillow",
        "peer.scipy",
    }


def test_a_report_of_another_size_is_not_compared(tmp_path: Path) -> None:
    timings = time_case(Case("metric", "m", 1, lambda: torch.zeros(1)), seconds=0)
    (tmp_path / "report.json").write_text(json.dumps(report(timings, 64, "cpu")))
    with pytest.raises(SpecError, match="was taken with --size 64 --device cpu"):
        read_report(tmp_path / "report.json", 32, "cpu")


def test_equal_infinities_do_not_differ() -> None:
    peers = [peer("other", lambda: torch.tensor([float("inf"), 1.0]))]
    timings = time_case(Case("metric", "m", 2, lambda: torch.tensor([float("inf"), 3.0]), peers), seconds=0)
    assert timings[1].difference == 2.0


def test_what_cannot_be_timed_is_said_and_nothing_at_all_is_a_mistake() -> None:
    quick = ["--size", "32", "--seconds", "0", "--threads", "1"]
    done = CliRunner().invoke(main, ["speed", *quick, "--metric", "vif", "--model", "swirl-params"])
    assert done.exit_code == 2
    assert "vif is not timed: needs images of at least 41 px" in done.stderr
    assert "swirl-params is not timed" in done.stderr


def test_a_peer_that_fails_or_gives_another_shape_is_left_out_and_named() -> None:
    told: list[str] = []
    peers = [
        peer("raises", lambda: 1 / 0),
        peer("wrong", lambda: torch.zeros(3)),
        peer("nothing", lambda: None),
        peer("good", lambda: torch.zeros(2)),
    ]
    timings = time_case(Case("metric", "m", 2, lambda: torch.zeros(2), peers), 0, told.append)
    assert [t.library for t in timings] == ["benchbench", "good"]
    assert [text.split(" is not timed beside m: ")[0] for text in told] == ["raises", "wrong", "nothing"]
    assert "gave shape (3,), not (2,)" in told[1]


def test_a_peer_has_a_copy_of_its_own() -> None:
    clean = torch.ones(2, 3, 4, 4)
    spoiler = Peer("m", "spoiler", lambda restored, truth: lambda: restored.mul_(0.5))
    other = Peer("m", "other", lambda restored, truth: lambda: restored)
    broken = Peer("m", "broken", lambda restored, truth: 1 / 0)
    told: list[str] = []
    case = Case("metric", "m", 2, lambda: clean, [spoiler, other, broken], (clean, {"angle": torch.zeros(2)}))
    timings = time_case(case, 0, told.append)
    assert [t.difference for t in timings] == [None, 0.5, 0.0]
    assert torch.equal(clean, torch.ones(2, 3, 4, 4))
    assert told == ["broken is not timed beside m: ZeroDivisionError: division by zero"]
