"""Trainings of two machines, of different length, on one board."""

from __future__ import annotations

import shutil
from pathlib import Path

import results

from benchbench.boards import Board, collect
from benchbench.boards.submissions.merge import merge
from benchbench.boards.view import view_of
from benchbench.boards.write import build

SCORES = {"unlike": (20.0, 22.0, 22.3), "other": (19.0, 21.0, 23.0)}
RUNGS = (0.5e12, 1e12, 2e12)


def machine(out: Path, device: str, seeds: tuple[int, ...], rungs: int) -> None:
    """Trainings of two models from these seeds, scored at so many rungs, on a machine with this device."""
    timing = {"device_name": device, "device": "cpu", "training": {"seconds": 3.0}}
    for model, scores in SCORES.items():
        for seed in seeds:
            climbed = {flops: {"peak": s + seed / 10} for flops, s in zip(RUNGS[:rungs], scores, strict=False)}
            results.write(
                out, model=model, model_digest=model, noise=0, seed=seed, rungs=climbed, timing=timing,
                finished_at=f"2026-01-0{1 + seed}T00:00:00+00:00",
            )  # fmt: skip
    results.write(
        out, {"peak": 18.0}, model="identity", model_digest="i", noise=0, role="baseline", training=None, seed=None,
        timing=timing,
    )  # fmt: skip


def board(out: Path, at: float | None = None) -> Board:
    [found] = collect(out, at)[0]
    return found


def files(out: Path, to: Path) -> dict[str, bytes]:
    """The boards of results, without pictures and times; those of a trial that both did are of the first to come."""
    build(out, to)
    return {
        p.name: p.read_bytes() for p in to.rglob("*") if p.is_file() and p.suffix != ".webp" and ".speed" not in p.name
    }


def test_trainings_of_two_machines_share_a_board_at_the_rung_that_all_have(tmp_path: Path) -> None:
    machine(tmp_path / "here", "a CPU", (0,), rungs=2)
    machine(tmp_path / "there", "a GPU", (1, 2), rungs=3)
    for name, order in (("one", ["here", "there"]), ("other", ["there", "here"])):
        verdicts = [v.verdict for v in merge([tmp_path / part for part in order], tmp_path / name)]
        assert sorted(verdicts) == ["added"] * 7 + ["known"]  # the baseline is one trial
    found = board(tmp_path / "one")
    assert found.setting.rung == 1e12
    rows = found.rows.set_index("model")
    assert rows["seeds"].to_dict() == {"unlike": "0, 1, 2", "other": "0, 1, 2", "identity": ""}
    assert rows["peak"].round(6).to_dict() == {"unlike": 22.1, "other": 21.1, "identity": 18.0}
    assert rows["rank"].to_dict() == {"unlike": 1, "other": 2, "identity": 3}
    assert view_of(found).provenance["Trained on"] == ["a CPU (float32)", "a GPU (float32)"]
    later = board(tmp_path / "one", 2e12)
    assert later.rows.set_index("model")["seeds"].to_dict() == {"unlike": "1, 2", "other": "1, 2", "identity": ""}
    assert {(row["model"], row["reason"]) for row in later.failures} == {
        (model, "trained to 1TFLOP (seed 0)") for model in SCORES
    }
    shutil.copytree(tmp_path / "here", tmp_path / "both")
    shutil.copytree(tmp_path / "there", tmp_path / "both", dirs_exist_ok=True)
    merged = [files(tmp_path / name, tmp_path / f"{name}-boards") for name in ("one", "other", "both")]
    assert merged[0] == merged[1] == merged[2]
