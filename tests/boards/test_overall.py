"""The board over all degradations, and the tests behind it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import results
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from benchbench.boards import collect
from benchbench.boards.markdown.overall import critical_difference, write_overall
from benchbench.boards.overall import Overall, differences, groups, overall
from benchbench.files import read_json

UNTRAINED: dict[str, Any] = {"budget": None, "seed": None}
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


def test_mean_ranks_wins_and_gains_are_those_of_the_boards(tmp_path: Path) -> None:
    write(tmp_path)
    rows = found(tmp_path).rows.set_index("model")
    assert list(rows.index) == ["a", "b", "c", "identity"]
    assert rows["mean_rank"].to_list() == pytest.approx([4 / 3, 2, 8 / 3, 4])
    assert rows["won"].to_list() == [2, 1, 0, 0]
    assert rows["mean_gain"].to_list() == pytest.approx([17, 41 / 3, 29 / 3, 0])
    assert rows["mean_recovered"].to_list() == pytest.approx([17 / 30, 41 / 90, 29 / 90, 0])
    assert rows["mean_rank.low"].isna().all()  # three boards are too few


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
    results.write(tmp_path, {"peak": math.inf}, model="identity", role="baseline", degradation="nothing", **UNTRAINED)
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


# ── differences ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("models", "q"), [(3, 2.343), (4, 2.569), (5, 2.728), (10, 3.164)])
def test_the_critical_difference_has_the_values_of_demsars_table(models: int, q: float) -> None:
    ranks = stats.rankdata(np.random.Generator(np.random.PCG64(0)).normal(size=(14, models)), axis=1)
    assert differences(ranks)[1] == pytest.approx(q * math.sqrt(models * (models + 1) / (6 * 14)), rel=1e-3)


def test_equal_models_do_not_differ_and_unequal_ones_do() -> None:
    assert differences(np.full((10, 4), 2.5))[0] == 1
    assert differences(np.tile([1.0, 2, 3, 4], (10, 1)))[0] < 1e-5
    assert all(math.isnan(value) for value in differences(np.ones((2, 5))))


@given(st.lists(st.floats(1, 20), min_size=1, max_size=12).map(sorted), st.floats(0.1, 10))
def test_bars_join_exactly_what_is_within_the_critical_difference(ranks: list[float], critical: float) -> None:
    joined = {
        (i, j) for a, b in groups(np.array(ranks), critical) for i in range(a, b + 1) for j in range(i + 1, b + 1)
    }
    close = {(i, j) for j in range(len(ranks)) for i in range(j) if ranks[j] <= ranks[i] + critical}
    assert joined == close


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_files_say_the_same_and_the_same_again(tmp_path: Path) -> None:
    write(tmp_path)
    boards = collect(tmp_path)[0]
    [page] = write_overall(boards, tmp_path / "boards")
    before = {path.name: path.read_bytes() for path in page.parent.iterdir()}
    assert set(before) == {f"overall.{kind}" for kind in ("md", "csv", "json", "parquet", "png")}
    ranks = found(tmp_path).rows["mean_rank"].to_list()
    [content] = read_json(page.with_suffix(".json"))
    assert [row["mean_rank"] for row in content["rows"]] == ranks
    assert pd.read_csv(page.with_suffix(".csv"))["mean_rank"].to_list() == pytest.approx(ranks)
    assert pd.read_parquet(page.with_suffix(".parquet"))["mean_rank"].to_list() == ranks
    write_overall(boards, tmp_path / "boards")
    assert {path.name: path.read_bytes() for path in page.parent.iterdir()} == before


def test_the_diagram_names_every_model_once(tmp_path: Path) -> None:
    write(tmp_path)
    [axes] = critical_difference(found(tmp_path)).axes
    texts = [text.get_text().strip() for text in axes.texts]
    assert [t for t in texts if t[0].isalpha() and t[1] in "d "] == ["a 1.3", "b 2.0", "c 2.7", "identity 4.0"]
