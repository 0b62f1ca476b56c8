"""The board of codecs: curves of rate and quality, BD-rates and their intervals."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import results
from boards import board
from click.testing import CliRunner
from codecs_board import small, store
from hypothesis import given
from hypothesis import strategies as st
from reading import tables
from scipy import stats

from benchbench.boards.compression import Compression, _points, bd_rate, compression_of, log_ratio
from benchbench.boards.estimates import Array, Estimate
from benchbench.boards.markdown.index import write_index
from benchbench.boards.write import write_boards
from benchbench.cli import main

# two widely used examples, with what the package bjontegaard 1.3.0 gives for them (method="pchip")
PUBLISHED = [
    ([85.95, 157.11, 309.58, 686.76], [31.42, 34.24, 37.18, 40.28],
     [112.75, 204.93, 407.8, 893.34], [31.24, 34.17, 37.21, 40.39], 31.379878202397627),
    ([1358.24, 2486.44, 4593.6, 9487.76], [34.851, 36.845, 38.615, 40.037],
     [1356.24, 2451.52, 4469.0, 9787.8], [34.987, 36.97, 38.651, 40.121], -4.417485350589045),
]  # fmt: skip


def percent(anchor: Array, other: Array) -> float:
    return float(100 * np.expm1(log_ratio(anchor, other)))


def curve(rates: list[float], qualities: list[float]) -> Array:
    return np.column_stack([np.log(rates), qualities])


@pytest.mark.parametrize(("rates", "qualities", "other_rates", "other_qualities", "known"), PUBLISHED)
def test_published_examples(
    rates: list[float], qualities: list[float], other_rates: list[float], other_qualities: list[float], known: float
) -> None:
    assert percent(curve(rates, qualities), curve(other_rates, other_qualities)) == pytest.approx(known, rel=1e-9)


STEPS = st.lists(st.tuples(st.floats(0.05, 2), st.floats(0.05, 5)), min_size=2, max_size=8)


def rising(steps: list[tuple[float, float]]) -> Array:
    return np.cumsum(steps, axis=0)


def moved(points: Array, rate: float, quality: float = 0.0) -> Array:
    return points + np.array([rate, quality])


@given(STEPS, st.floats(0.1, 10))
def test_a_curve_against_itself_is_zero_and_a_factor_of_bytes_is_that_factor(
    steps: list[tuple[float, float]], factor: float
) -> None:
    one = rising(steps)
    assert percent(one, one) == 0
    assert percent(one, moved(one, rate=np.log(factor))) == pytest.approx(100 * (factor - 1), abs=1e-8)
    assert percent(one, moved(one, rate=np.log(0.5))) == pytest.approx(-50, abs=1e-9)


@given(STEPS, STEPS, st.floats(-3, 3), st.floats(-20, 20))
def test_units_of_rate_and_quality_do_not_matter_and_the_other_way_round_is_the_inverse(
    steps: list[tuple[float, float]], others: list[tuple[float, float]], rate: float, quality: float
) -> None:
    one, other = rising(steps), rising(others)
    other[:, 1] += one[:, 1].mean() - other[:, 1].mean()
    there = log_ratio(one, other)
    assert log_ratio(other, one) == pytest.approx(-there, abs=1e-9)
    assert log_ratio(moved(one, rate, quality), moved(other, rate, quality)) == pytest.approx(there, abs=1e-6)


def test_the_interval_of_trained_codecs_is_students_by_what_is_known_of_their_trainings() -> None:
    """By trainings alone: images move nothing."""
    value = np.array([[100.0, 25], [200, 28], [400, 31]])
    still, many, between = np.zeros((3, 9, 2)), np.full((3, 2), 9.0), np.array([[1.0, 0.01]] * 3)
    widths = {}
    for freedom in (2, 8):
        trained = Estimate(value, still, many, between, between * np.sqrt(2 / freedom))
        points = _points(trained, range(3), 1, 1)
        assert points.freedom == pytest.approx(freedom)
        found = bd_rate(points, points)
        assert found.high is not None
        widths[freedom] = np.log1p(found.high / 100)
    assert widths[2] / widths[8] == pytest.approx(stats.t.ppf(0.975, 2) / stats.t.ppf(0.975, 8), rel=1e-4)


# ── boards ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def compression(out: Path) -> Compression:
    found = board(out).compression
    assert found is not None
    return found


def test_a_board_compares_codecs_by_their_bytes(tmp_path: Path) -> None:
    small(tmp_path)
    found = compression(tmp_path)
    assert [c.codec for c in found.curves] == ["half", "zip", "twice", "alone", "poor"]
    assert (found.anchor, found.metrics) == ("zip", ["peak", "mean-error"])
    half, _, twice, alone, poor = (c.against["peak"] for c in found.curves)
    assert half.percent == pytest.approx(-50, abs=0.01)
    assert twice.percent == pytest.approx(100, abs=0.01)
    assert half.low is not None
    assert half.high is not None
    assert half.low < -50 < half.high < -49
    assert found.best is found.curves[0]
    assert found.curves[0].against["mean-error"].percent == pytest.approx(-50, abs=0.01)  # less is better
    assert (alone.reason, poor.reason) == ("a curve needs two settings, the larger one better", "no quality in common")
    assert found.curves[1].bits == [3.125, 6.25, 12.5]


def test_a_metric_that_a_lower_rung_lacks_is_compared_by_nobody(tmp_path: Path) -> None:
    """Of the rungs below a training's last, one metric is kept for each image."""
    small(tmp_path)
    found = board(tmp_path)
    early = next(r for r in found.scored if r.record.trial.codec == "twice")
    vars(early)["tables"] = {rung: table[["peak"]] for rung, table in early.tables.items()}
    compared = compression_of(found.scored, found.metrics, found.setting.size)
    assert compared is not None
    assert compared.metrics == ["peak"]


def test_rows_stand_by_codec_and_bytes_without_ranks_or_gains(tmp_path: Path) -> None:
    small(tmp_path)
    rows = board(tmp_path).rows
    assert list(rows["model"][:4]) == ["half:quality=10", "half:quality=50", "half:quality=90", "zip:quality=10"]
    assert list(rows["model"][-1:]) == ["identity"]
    assert not {"rank", "rank.low", "gain", "gain.low", "recovered"} & set(rows)


def test_a_setting_that_costs_more_and_is_no_better_is_no_part_of_the_curve(tmp_path: Path) -> None:
    small(tmp_path)
    before = compression(tmp_path).curves[0].against["peak"].percent
    store(tmp_path, "half", 95, 29.0, 300)
    after = compression(tmp_path).curves[0]
    assert len(after.models) == 4
    assert after.against["peak"].percent == pytest.approx(before)


def test_settings_are_in_the_order_of_their_bytes_not_of_their_names(tmp_path: Path) -> None:
    for quality, score, size in ((5, 20, 100), (10, 28, 200), (90, 30, 400)):
        store(tmp_path, "zip", quality, score, size, role="anchor")
        store(tmp_path, "half", quality, score, size / 2)
        store(tmp_path, "twice", quality, score, size * 2)
    found = {curve.codec: curve.against["peak"].percent for curve in compression(tmp_path).curves}
    assert found == pytest.approx({"half": -50, "zip": 0, "twice": 100}, abs=0.01)


def test_without_an_anchor_nothing_is_compared(tmp_path: Path) -> None:
    store(tmp_path, "zip", 10, 20, 100)
    store(tmp_path, "zip", 50, 25, 200)
    [found] = compression(tmp_path).curves
    assert found.against["peak"].reason == "no codec to compare with"
    assert compression(tmp_path).best is None


def test_codecs_on_degraded_images_are_no_such_board(tmp_path: Path) -> None:
    results.write(tmp_path, model="zip", codec="zip", rate={"bytes": 64.0, "bits_per_pixel": 2.0})
    assert board(tmp_path).compression is None


def test_the_interval_agrees_with_the_bootstrap(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    n, settings = results.IMAGES, ((20.0, 100), (25.0, 200), (30.0, 400))
    ease = random.normal(size=n)  # an easy image takes few bytes and is good: both curves move together
    tables: dict[str, list[Array]] = {"zip": [], "half": []}
    for codec, codec_tables in tables.items():
        for position, (score, size) in enumerate(settings):
            own = random.normal(size=n)
            sizes = np.round(size * np.exp(0.3 * ease + 0.1 * own) * (1 if codec == "zip" else 0.6))
            noise = 2 * ease - 2 * ease.mean() + own - own.mean()
            store(tmp_path, codec, position, score, sizes, noise=1, signs=noise, role="anchor" * (codec == "zip"))
            codec_tables.append(np.column_stack([sizes, score + noise]))
    found = compression(tmp_path).curves[0].against["peak"]
    drawn = []
    for _ in range(2000):
        some = random.integers(n, size=n)
        means = (np.stack([t[some].mean(0) for t in tables[codec]]) for codec in ("zip", "half"))
        drawn.append(percent(*(np.column_stack([np.log(m[:, 0]), m[:, 1]]) for m in means)))
    low, high = np.percentile(drawn, [2.5, 97.5])
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low == pytest.approx(high - low, rel=0.15)
    assert found.low == pytest.approx(low, abs=0.15 * (high - low))


def test_markdown_json_site_and_picture_show_the_codecs(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    small(runs)
    found = board(runs)
    [page] = write_boards([found], tmp_path / "boards")
    text = page.read_text(encoding="utf-8")
    assert found.compression is not None
    [codecs, *_] = tables(text)
    assert codecs[0] == ["codec", "settings", "bits per pixel", "BD-rate by peak", "BD-rate by mean-error"]
    assert [row[0] for row in codecs[1:]] == ["half", "zip", "twice", "alone", "poor"]
    assert codecs[1][3].startswith("-50.0 % (-5")
    assert codecs[2][2:] == ["3.125 to 12.500", "anchor", "anchor"]
    assert codecs[5][3] == "– (no quality in common)"
    assert "than zip a codec takes for the same quality" in text
    assert (tmp_path / "boards" / "toy-faces" / "nothing-rate.webp").is_file()
    assert "| 5 codecs |" in re.sub(" +", " ", write_index([found], tmp_path / "boards").read_text(encoding="utf-8"))
    [content] = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert content["compression"]["anchor"] == "zip"
    assert content["compression"]["curves"][0]["against"]["peak"]["percent"] == pytest.approx(-50, abs=0.01)
    done = CliRunner().invoke(main, ["site", "--runs", str(runs), "--out", str(tmp_path / "site")])
    assert done.exit_code == 0, done.output
    site = (tmp_path / "site" / "boards" / "toy-faces" / "nothing.html").read_text(encoding="utf-8")
    assert "half</bdi> takes the fewest bytes for the same quality" in site
    assert "BD-rate by peak" in site
    assert "half</bdi>" in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
