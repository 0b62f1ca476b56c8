"""The board over all degradations, by hand on a toy and against SciPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import results
from scipy import stats

from benchbench.boards import collect
from benchbench.boards.markdown.overall import shares_plot, write_overall
from benchbench.boards.overall import Overall, overall, shares
from benchbench.files import read_json

UNTRAINED: dict[str, Any] = {"training": None, "seed": None}
SCORES = {"a": (30.0, 31.0, 20.0), "b": (20.0, 32.0, 19.0), "c": (25.0, 22.0, 12.0)}


def write(out: Path, **facts: Any) -> None:
    """Three models and both ends of the scale on three degradations; the baseline has 10 dB, the ideal 40."""
    for position, degradation in enumerate(("darken", "grain", "swap")):
        setting = {"degradation": degradation, **facts}
        results.write(out, {"peak": 10}, model="identity", role="baseline", **UNTRAINED, **setting)
        results.write(out, {"peak": 40}, model="oracle", role="ideal", **UNTRAINED, **setting)
        for model, scores in SCORES.items():
            results.write(out, {"peak": scores[position]}, model=model, **setting)


def found(out: Path) -> Overall:
    [only] = overall(collect(out)[0])
    return only


def test_shares_wins_and_gains_are_those_of_the_boards(tmp_path: Path) -> None:
    """The best gains are 20, 22 and 10 dB; of each board's, a has 20, 21, 10, b has 10, 22, 9, and c has 15, 12, 2."""
    write(tmp_path)
    rows = found(tmp_path).rows.set_index("model")
    assert list(rows.index) == ["a", "b", "c", "identity"]
    assert rows["share"].to_list() == pytest.approx(
        [(1 + 21 / 22 + 1) / 3, (0.5 + 1 + 0.9) / 3, (0.75 + 12 / 22 + 0.2) / 3, 0]
    )
    assert rows["won"].to_list() == [2, 1, 0, 0]
    assert rows["mean_gain"].to_list() == pytest.approx([17, 41 / 3, 29 / 3, 0])
    assert rows["mean_recovered"].to_list() == pytest.approx([17 / 30, 41 / 90, 29 / 90, 0])
    assert rows["recovered_boards"].to_list() == [3, 3, 3, 3]
    assert "rank" not in rows  # three boards are too few


def test_the_interval_and_the_ranks_are_of_boards_as_a_boards_are_of_images(tmp_path: Path) -> None:
    source = np.random.default_rng(0)
    gains = {"a": source.uniform(8, 10, 8), "b": source.uniform(8, 10, 8), "c": source.uniform(2, 4, 8)}
    for board in range(8):
        setting = {"degradation": f"darken:{board}"}
        results.write(tmp_path, {"peak": 10}, model="identity", role="baseline", **UNTRAINED, **setting)
        for model, over in gains.items():
            results.write(tmp_path, {"peak": 10 + float(over[board])}, model=model, **setting)
    rows = found(tmp_path).rows.set_index("model")
    best = np.max([*gains.values()], axis=0)
    bounds = stats.ttest_1samp(gains["c"] / best, 0).confidence_interval()
    assert rows.loc["c", ["share.low", "share.high"]].to_list() == pytest.approx([bounds.low, bounds.high])
    ranges = dict(zip(rows.index, zip(rows["rank.low"], rows["rank.high"], strict=True), strict=True))
    assert ranges == {"a": (1, 2), "b": (1, 2), "c": (3, 3), "identity": (4, 4)}
    [page] = write_overall(collect(tmp_path)[0], tmp_path / "boards")
    assert page.read_text(encoding="utf-8").count("| 1–2 | ") == 2


def test_a_share_is_of_the_best_gain_or_of_the_largest_loss_and_bounded_below() -> None:
    role = pd.Series(["baseline", "", ""])
    assert shares(pd.Series([10.0, 12, 11]), role).to_list() == [0, 1, 0.5]
    assert shares(pd.Series([10.0, 12, 0]), role).to_list() == [0, 1, -1]
    assert shares(pd.Series([10.0, 9, 6]), role).to_list() == [0, -0.25, -1]
    assert shares(pd.Series([10.0, 10, 10]), role).to_list() == [0, 0, 0]


def test_recovered_counts_the_boards_that_have_an_ideal(tmp_path: Path) -> None:
    write(tmp_path)
    setting = {"degradation": "blur"}
    results.write(tmp_path, {"peak": 10}, model="identity", role="baseline", **UNTRAINED, **setting)
    for model in SCORES:
        results.write(tmp_path, {"peak": 20}, model=model, **setting)
    rows = found(tmp_path).rows.set_index("model")
    assert rows["recovered_boards"].to_list() == [3, 3, 3, 3]
    assert rows["mean_recovered"]["a"] == pytest.approx(17 / 30)
    [page] = write_overall(collect(tmp_path)[0], tmp_path / "boards")
    assert "57 % (3 boards)" in page.read_text(encoding="utf-8")


def test_only_models_with_all_cells_are_ranked_and_the_others_are_named(tmp_path: Path) -> None:
    write(tmp_path)
    results.write(tmp_path, {"peak": 39}, model="specialist", degradation="grain")
    assert "specialist" not in set(found(tmp_path).rows["model"])
    assert found(tmp_path).partial == {"specialist": 1}
    [page] = write_overall(collect(tmp_path)[0], tmp_path / "boards")
    assert "specialist (1)" in page.read_text(encoding="utf-8")


def test_untrained_codecs_and_boards_without_gain_are_left_out(tmp_path: Path) -> None:
    write(tmp_path)
    for degradation in ("darken", "grain", "swap"):
        results.write(
            tmp_path,
            {"peak": 35},
            model="zip",
            degradation=degradation,
            rate={"bytes": 9.0, "bits_per_pixel": 0.3},
            **UNTRAINED,
        )
    results.write(tmp_path, {"peak": 20}, model="c", degradation="nothing")
    assert [b.setting.degradation for b in found(tmp_path).boards] == ["darken", "grain", "swap"]
    assert set(found(tmp_path).rows["model"]) == {"a", "b", "c", "identity"}


def test_settings_do_not_mix_and_one_degradation_makes_no_overall_board(tmp_path: Path) -> None:
    write(tmp_path / "two")
    write(tmp_path / "two", size=32)
    assert [o.boards[0].setting.size for o in overall(collect(tmp_path / "two")[0])] == [16, 32]
    results.write(tmp_path / "one", model="identity", role="baseline", **UNTRAINED)
    results.write(tmp_path / "one")
    assert overall(collect(tmp_path / "one")[0]) == []


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_files_say_the_same_and_the_same_again(tmp_path: Path) -> None:
    write(tmp_path)
    boards = collect(tmp_path)[0]
    [page] = write_overall(boards, tmp_path / "boards")
    before = {path.name: path.read_bytes() for path in page.parent.iterdir()}
    assert set(before) == {f"overall.{kind}" for kind in ("md", "csv", "json", "parquet", "webp")}
    ranks = found(tmp_path).rows["share"].to_list()
    [content] = read_json(page.with_suffix(".json"))
    assert [row["share"] for row in content["rows"]] == ranks
    assert pd.read_csv(page.with_suffix(".csv"))["share"].to_list() == pytest.approx(ranks)
    assert pd.read_parquet(page.with_suffix(".parquet"))["share"].to_list() == ranks
    write_overall(boards, tmp_path / "boards")
    assert {path.name: path.read_bytes() for path in page.parent.iterdir()} == before


def test_the_diagram_names_every_model_once(tmp_path: Path) -> None:
    write(tmp_path)
    [axes] = shares_plot(found(tmp_path)).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c", "identity"]
