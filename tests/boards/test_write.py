"""Boards as files: for people, for programs, the same every time, and safe whatever a plugin is called."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import results
from hypothesis import example, given
from hypothesis import strategies as st
from reading import MARKDOWN, list_items, seen, tables, text_of, without_margin

from benchbench.boards import collect, write_boards
from benchbench.boards.published import write_published
from benchbench.boards.text import escape, number, training_name
from benchbench.errors import BenchbenchError
from benchbench.files import read_json

UNTRAINED: dict[str, Any] = {"training": None, "seed": None}
HOSTILE = [
    "a|b||c", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- hidden", "`code` ```", "a\nb\n\n# c",
    "x" * 300, "\u202egnol", "![x](http://x.example)", "[x](javascript:1)", "**bold** _it_ ~~gone~~", "\\", "\\|",
    "a\\", "&lt;b&gt; &copy;", "| --- |\n| --- |", "# title", "- item", "1. item", "> quote", "a\u2028b\x85c", "$x$",
    "***", "   ", "\t", "=", "---",
]  # fmt: skip


def write(out: Path) -> Path:
    """Write the only board there is; returns its Markdown."""
    boards, problems = collect(out)
    assert problems == []
    [path] = write_boards(boards, out / "leaderboards")
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Results of five models in two ways of training, with regions, a failure and a missing metric."""
    runs = tmp_path / "runs"
    results.write(
        runs, {"peak": 20.0, "mean-error": 0.1, "peak@face": 15.0}, model="identity", role="baseline", **UNTRAINED
    )
    results.write(runs, {"peak": 40.0, "mean-error": 0.0}, model="oracle", role="ideal", sees=["truth"], **UNTRAINED)
    results.write(runs, {"peak": 58.0, "mean-error": 0.0}, model="perfect", **UNTRAINED)
    results.write(runs, {"peak": 25.0, "mean-error": 0.05, "peak@face": 1 / 3}, model="good")
    results.write(runs, {"mean-error": 0.2}, model="partial")
    results.write(runs, model="broken", status="failed", reason="RuntimeError: no memory")
    results.write(runs, {"peak": 23.0}, model="good", training="recipe")
    return runs


# ── for people ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_markdown_shows_the_board(out: Path) -> None:
    text = write(out).read_text(encoding="utf-8")
    whole, face, recipe, _ = tables(text)
    head, *rows = whole
    assert head[:6] == ["#", "model", "peak ↑ [dB]", "mean-error ↓", "gain peak", "recovered"]
    assert [without_margin(row[:6]) for row in rows] == [  # each was trained once: no ranks
        ["–", "perfect", "58.00", "0.0000", "+38.00", "190 %"],
        ["–", "oracle (sees truth)", "40.00", "0.0000", "+20.00", "100 %"],
        ["–", "good", "25.00", "0.0500", "+5.00", "25 %"],
        ["–", "identity", "20.00", "0.1000", "+0.00", "0 %"],
        ["–", "partial", "–", "0.2000", "–", "–"],
    ]
    assert [without_margin(row)[1] for row in face[1:]] == ["–", "–", "0.33", "15.00", "–"]
    assert "23.00" in [cell for row in recipe for cell in without_margin(row)]
    assert "broken failed: RuntimeError: no memory" in "\n".join(list_items(text))
    assert "after 5 TFLOP of training" in text
    assert "each model's own recipe" in text


def test_the_best_competitor_is_bold_and_references_never_are(out: Path) -> None:
    lines = [line for line in write(out).read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    bold = {(line.split("|")[2].strip(), cell.strip()) for line in lines for cell in line.split("|") if "**" in cell}
    assert ("perfect", "**58.00\u202f±0.00**") in bold
    assert ("perfect", "**0.0000**") in bold  # the oracle has that too, but does not compete
    assert not {"identity", "oracle (sees truth)"} & {name for name, _ in bold}


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1.005, "1.00"), (2, "2.00"), (math.nan, "–"), (None, "–"), (-0.5, "-0.50")],
)
def test_numbers_for_people(value: Any, shown: str) -> None:
    assert number(value, 2) == shown


@pytest.mark.parametrize(
    ("way", "name"),
    [("any-time", "each at the end of its training"), ("any-time, compiled", "each at the end of its training, compiled"),
     ("none", "no training"), ("recipe", "each model's own recipe")],
)  # fmt: skip
def test_names_of_ways_of_training(way: str, name: str) -> None:
    assert training_name(way) == name


def test_metrics_that_could_not_be_had_say_why(out: Path) -> None:
    metrics = {**results.METRICS, "lpips": results.metric(unavailable="needs vgg16.pth in |here|")}
    results.write(out, model="other", metrics=metrics)
    assert "lpips: needs vgg16.pth in |here|" in list_items(write(out).read_text(encoding="utf-8"))


def test_a_board_without_scores_says_so(tmp_path: Path) -> None:
    results.write(tmp_path, status="skipped", reason="needs faces")
    path = write(tmp_path)
    assert "No model was scored." in path.read_text(encoding="utf-8")
    assert "tiny-conv skipped: needs faces" in list_items(path.read_text(encoding="utf-8"))
    assert pd.read_csv(path.with_suffix(".csv"))["status"].to_list() == ["skipped"]


# ── for programs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_csv_holds_every_score_to_the_last_digit(out: Path) -> None:
    table = pd.read_csv(write(out).with_suffix(".csv"))
    quick = table[table["training"] == "any-time"].set_index("model")
    assert quick["peak"].dropna().to_dict() == {"perfect": 58, "oracle": 40, "good": 25, "identity": 20}
    assert quick["peak@face"].dropna().to_dict() == {"good": 1 / 3, "identity": 15}
    assert quick["recovered"]["good"] == 0.25
    assert quick["status"].to_dict() == {"broken": "failed"} | dict.fromkeys(quick.index.drop("broken"), "scored")
    assert quick["reason"]["broken"] == "RuntimeError: no memory"
    assert set(table["fingerprint"]) == {"f00d"}


def test_json_holds_the_same(out: Path) -> None:
    path = write(out).with_suffix(".json")
    json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)
    quick, recipe = read_json(path)
    assert {row["model"]: row["peak"] for row in quick["rows"]} == {
        "perfect": 58, "oracle": 40, "good": 25, "identity": 20, "partial": None,
    }  # fmt: skip
    assert not any("rank" in row for row in quick["rows"])  # each was trained once
    assert (quick["ranked_by"], quick["training"], recipe["training"]) == ("peak", "any-time", "recipe")
    assert [failure["model"] for failure in quick["not_scored"]] == ["broken"]


@pytest.mark.parametrize("name", ["peak:text=a@b", "peak:text=a@face", 'peak:text="a,b|c"'])
def test_a_metric_with_parameters_has_its_columns(name: str, tmp_path: Path) -> None:
    results.write(tmp_path, {name: 3.0, f"{name}@face": 4.0}, metrics={name: results.metric()})
    path = write(tmp_path)
    with path.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
        [row] = csv.DictReader(file)
    assert (row[name], row[f"{name}@face"]) == ("3.0", "4.0")
    whole, face = tables(path.read_text(encoding="utf-8"))
    assert whole[0][2] == f"{name} ↑"
    assert without_margin(face[1]) == ["tiny-conv", "4.00"]


# ── a pure function of the results ───────────────────────────────────────────────────────────────────────────────────


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_building_twice_gives_the_same_bytes(out: Path) -> None:
    write(out)
    first = contents(out / "leaderboards")
    assert sorted(first) == [f"toy-faces/darken.{kind}" for kind in ("csv", "json", "md", "parquet", "speed.md")]
    write(out)
    assert contents(out / "leaderboards") == first


def test_the_order_in_which_results_came_and_their_folder_do_not_matter(tmp_path: Path) -> None:
    """Nor which was the first to be done, of models that a metric can score and others that it cannot."""
    facts = [(model, seed, way) for model in ("b", "a") for seed in (1, 0) for way in ("recipe", "any-time")]
    for name, order in {"one": facts, "other": facts[::-1]}.items():
        for hour, (model, seed, way) in enumerate(order):
            some = results.metric(unavailable="only of a" if model == "b" else None)
            results.write(
                tmp_path / name,
                {"peak": 1 / 3},
                model=model,
                seed=seed,
                training=way,
                status="failed" if seed else "scored",
                metrics={**results.METRICS, "some": some},
                finished_at=f"2026-01-01T{hour:02}:00:00+00:00",
            )
        write(tmp_path / name)
    assert contents(tmp_path / "one" / "leaderboards") == contents(tmp_path / "other" / "leaderboards")


def test_settings_of_one_file_are_sections_and_others_have_files_of_their_own(tmp_path: Path) -> None:
    for change in (
        {"size": 32},
        {},
        {"fingerprint": "beef"},
        {"degradation": "grain"},
        {"dataset": "x y"},
        {"dataset": "x-y"},
    ):
        results.write(tmp_path, **change)  # type: ignore[arg-type]
    paths = write_boards(collect(tmp_path)[0], tmp_path / "leaderboards")
    assert len(paths) == len(set(paths)) == 4
    darken = next(path for path in paths if path.parts[-2:] == ("toy-faces", "darken.md"))
    assert [line for line in darken.read_text(encoding="utf-8").splitlines() if line.startswith("## ")] == [
        *["## 16 px, after 5 TFLOP of training"] * 2, "## 32 px, after 5 TFLOP of training",
    ]  # fmt: skip


# ── hostile text ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_inert(text: str, tmp_path: Path) -> None:
    metric = results.metric(unit=text)
    hurt = results.metric(unavailable=f"needs {text}")
    facts: dict[str, Any] = {"dataset": f"d{text}", "degradation": f"g{text}", "metrics": {"a": metric, "b": hurt}}
    results.write(tmp_path, {"a": 3}, model=f"m{text}", sees=[f"s{text}"], plugin=text, **facts)
    results.write(tmp_path, model=f"f{text}", status="failed", reason=f"r{text}", **facts)
    path = write(tmp_path)
    assert path.resolve().is_relative_to(tmp_path.resolve())
    markdown = path.read_text(encoding="utf-8")
    [table] = tables(markdown)
    assert {len(row) for row in table} == {len(table[0])}
    assert table[0][2] == f"a ↑ [{seen(text)}]" if text.strip() else True
    assert table[1][1] == seen(f"m{text} (sees s{text})")
    assert any(item.startswith(seen(f"f{text} failed: r{text}")) for item in list_items(markdown))
    assert seen(f"b: needs {text}") in list_items(markdown)
    html = [token.content for token in MARKDOWN.parse(markdown) if token.type == "html_block"]
    assert not [child for content in html for child in ("<script", "<img", "<!--") if child in content]
    with path.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
        assert [row["model"] for row in csv.DictReader(file)] == [f"m{text}", f"f{text}"]
    [speed] = tables(path.with_name(path.name[:-3] + ".speed.md").read_text(encoding="utf-8"))
    assert speed[1][0] == seen(f"m{text}")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00")))
@example("~~~")
@example("a*b*_c_")
def test_escaped_text_is_read_as_it_was(text: str) -> None:
    tokens = MARKDOWN.parse(f"| head |\n| --- |\n| x{escape(text)}x |")
    cells = [tokens[i + 1] for i, token in enumerate(tokens) if token.type == "td_open"]
    assert [text_of(cell) for cell in cells] == [f"x{seen(text)}x"]


def test_pictures_are_not_redrawn_while_the_results_are_the_same(tmp_path: Path) -> None:
    runs, boards_folder = tmp_path / "runs", tmp_path / "boards"
    results.write(runs, {"peak": 20.0}, model="a")
    [path] = write_boards(collect(runs)[0], boards_folder, redraw=False)
    before = path.stat().st_mtime_ns
    write_boards(collect(runs)[0], boards_folder, redraw=False)
    assert path.stat().st_mtime_ns == before
    results.write(runs, {"peak": 21.0}, model="b")
    write_boards(collect(runs)[0], boards_folder, redraw=False)
    assert "| b " in path.read_text(encoding="utf-8")


def test_a_codec_shows_its_rate_with_and_without_headers(tmp_path: Path) -> None:
    rate = {"bytes": 64.0, "bits_per_pixel": 2.0, "payload_bytes": 48.0}
    results.write(tmp_path, model="zip", size=16, degrades=False, rate=rate)
    results.write(tmp_path, model="older", size=16, degrades=False, rate={"bytes": 32.0, "bits_per_pixel": 1.0})
    table = tables(write(tmp_path).read_text(encoding="utf-8"))[1]  # after that of codecs
    rows = {row[1]: dict(zip(table[0], row, strict=True)) for row in table[1:]}
    wanted = ("bytes an image", "bits a pixel", "without headers")
    assert [rows["zip"][name] for name in wanted] == ["64", "2.000", "1.500"]
    assert [rows["older"][name] for name in wanted] == ["32", "1.000", "–"]


def test_where_images_are_degraded_bytes_stand_in_a_note(tmp_path: Path) -> None:
    results.write(tmp_path, model="zip", rate={"bytes": 64.4, "bits_per_pixel": 2.0})
    results.write(tmp_path, model="net")
    text = write(tmp_path).read_text(encoding="utf-8")
    assert not {"bytes an image", "bits a pixel", "without headers"} & set(tables(text)[0][0])
    assert "went through so many bytes each, on average; untrained ones restore nothing: zip 64." in text
    assert "64.4" in write(tmp_path).with_suffix(".csv").read_text(encoding="utf-8")


def test_time_and_memory_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    timing = {"peak_bytes": 7_000_000}
    for seed, seconds in enumerate((12.34, 10.0, 99.0)):
        took = timing | {"training": {"seconds": seconds, "peak_bytes": 250_000_000}}
        results.write(tmp_path, model="a", seed=seed, timing=took)
    results.write(tmp_path, model="b")
    path = write(tmp_path)
    [table] = tables(path.with_name("darken.speed.md").read_text(encoding="utf-8"))
    a, b = (dict(zip(table[0], row, strict=True)) for row in table[1:])
    assert (a["s, training"], a["MB, training"], a["MB, restoring"]) == ("12.3", "250", "7")
    assert (b["s, training"], b["MB, training"], b["MB, restoring"]) == ("–", "–", "–")
    assert "12.3" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_a_spreadsheet_runs_no_text_of_a_board(begin: str, tmp_path: Path) -> None:
    reason = f"{begin}HYPERLINK(1)"
    results.write(tmp_path, {"peak": -3.0}, model="identity", **UNTRAINED)
    results.write(tmp_path, model="broken", status="failed", reason=reason)
    text = write(tmp_path).with_suffix(".csv").read_bytes().decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["status"] for row in rows] == ["scored", "failed"]
    assert rows[1]["reason"] == f"'{reason}".replace("\r", "\n")  # which ends a row without a quote
    assert float(rows[0]["peak"]) == pytest.approx(-3.0, abs=1e-3)


def test_no_number_is_minus_nought() -> None:
    assert [number(value, 2) for value in (-0.0, -0.001, -0.01)] == ["0.00", "0.00", "-0.01"]


def test_a_folder_in_place_of_published_figures_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "published.toml").mkdir()
    with pytest.raises(BenchbenchError, match=r"published\.toml cannot be understood"):
        write_published(tmp_path, tmp_path / "boards")
