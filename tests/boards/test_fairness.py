"""Scores by group: who is restored worse, and what is not said."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import results
import torch
from click.testing import CliRunner

from benchbench.boards import Board, collect, fairness
from benchbench.boards.fairness import TOO_FEW, Table, audit
from benchbench.boards.markdown.fairness import cells, markdown, records, remarks
from benchbench.boards.tables import csv_text
from benchbench.cli import main
from benchbench.data.prepared import PreparedDataset
from benchbench.errors import SpecError
from benchbench.files import file_digest, read_json, write_json
from benchbench.results import store

N = 100
IDS = [f"i{i}" for i in range(N)]
SEX = ["f"] * 30 + ["m"] * 50 + ["x"] * 15 + [None] * 5
YEARS = [1940 + i % 20 for i in range(N)]
METRICS = {
    "peak": results.metric(unit="dB"),
    "tint": {**results.metric(higher=False, order=20), "signed": True},
}


def known(**attributes: Any) -> PreparedDataset:
    """A data set of N test images with these attributes, besides one of training."""
    columns = {name: [*values, "trained"] for name, values in attributes.items()}
    nothing = torch.zeros(N + 1, 3, 8, 8, dtype=torch.uint8)
    return PreparedDataset(
        "toy-faces", "toy-faces", 16, "f00d", [*IDS, "t"], nothing, None, columns, ["test"] * N + ["train"], []
    )


@pytest.fixture
def labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data is at hand, with its labels."""
    data = known(sex=SEX, year=YEARS)
    data.attributes["year"][-1] = 1900  # type: ignore[index]
    monkeypatch.setattr(fairness, "portraits", lambda *which: data)


def write(out: Path, scores: dict[str, np.ndarray], **facts: Any) -> None:
    """A result with these scores of single images."""
    means = {name: float(np.nanmean(values)) for name, values in scores.items()}
    folder = results.write(out, means, metrics=METRICS, **facts)
    results.write_scores(folder, pd.DataFrame(scores, index=pd.Index(IDS, name="id")))
    content = read_json(folder / store.RESULT)
    content["files"][store.SCORES] = file_digest(folder / store.SCORES)
    write_json(folder / store.RESULT, content)


def board(tmp_path: Path) -> Board:
    """A baseline that is 2 dB worse on women, and a model that makes it 3 dB, and men darker."""
    women, noise = np.arange(N) < 30, np.random.default_rng(0).normal(0, 0.1, N)
    write(tmp_path, {"peak": 20 - 2 * women + noise}, model="identity", role="baseline", training=None, seed=None)
    write(tmp_path, {"peak": 25 - 3 * women + noise, "tint@face": np.where(women, 0.5, -1.0)})
    [found] = collect(tmp_path)[0]
    return found


def row(table: Table, model: str = "tiny-conv") -> fairness.Row:
    [found] = [r for r in table.rows if r.model == model]
    return found


@pytest.mark.usefixtures("labels")
def test_groups_their_gap_and_how_it_compares_with_the_inputs_own(tmp_path: Path) -> None:
    table = audit(board(tmp_path), ["sex"])[0]
    found = row(table)
    groups = {g.name: g for g in found.groups}
    assert {name: g.n for name, g in groups.items()} == {"f": 30, "m": 50, "x": 15}
    assert groups["f"].mean == pytest.approx(22, abs=0.1)
    assert groups["f"].low < groups["f"].mean < groups["f"].high
    assert found.worst == "f"
    assert found.gap == pytest.approx(3, abs=0.1)
    assert found.relative == pytest.approx(1.5, abs=0.05)
    assert row(table, "identity").relative == 1
    assert found.p < 1e-6
    assert table.unknown == 5


@pytest.mark.usefixtures("labels")
def test_a_group_of_too_few_images_has_no_score_anywhere(tmp_path: Path) -> None:
    tables = audit(board(tmp_path), ["sex"])
    few = next(g for g in row(tables[0]).groups if g.name == "x")
    assert few.n < TOO_FEW
    assert math.isnan(few.mean)
    assert "too few images: x (15)" in remarks(tables[0])
    assert not any(head.startswith("x") for head in cells(tables[0])[0])
    assert all(r["mean"] != r["mean"] for r in records(tables) if r["group"] == "x")


@pytest.mark.usefixtures("labels")
def test_shifts_inside_the_face_keep_their_sign_and_the_farthest_from_0_is_worst(tmp_path: Path) -> None:
    _, shifts = audit(board(tmp_path), ["sex"])
    assert shifts.column == "tint@face"
    found = row(shifts)
    assert {g.name: g.mean for g in found.groups if g.n >= TOO_FEW} == pytest.approx({"f": 0.5, "m": -1.0})
    assert (found.worst, found.gap) == ("m", pytest.approx(1.5))


@pytest.mark.usefixtures("labels")
def test_numbers_are_binned_and_attributes_crossed(tmp_path: Path) -> None:
    tables = [t for t in audit(board(tmp_path), ["sex", "year/10"]) if t.column == "peak"]
    assert [t.by for t in tables] == ["sex", "year/10", "sex × year/10"]
    assert [(g.name, g.n) for g in row(tables[1]).groups] == [("1940–1949", 50), ("1950–1959", 50)]
    crossed = {g.name: g.n for g in row(tables[2]).groups}
    assert crossed == {"f × 1940–1949": 20, "f × 1950–1959": 10, "m × 1940–1949": 20, "m × 1950–1959": 30,
                       "x × 1940–1949": 10, "x × 1950–1959": 5}  # fmt: skip
    assert tables[2].unknown == 5


def test_attributes_are_crossed_where_no_image_has_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = known(first=["a"] * 50 + [None] * 50, second=[None] * 50 + ["b"] * 50)
    monkeypatch.setattr(fairness, "portraits", lambda *which: data)
    *_, crossed = [t for t in audit(board(tmp_path), ["first", "second"]) if t.column == "peak"]
    assert (crossed.by, crossed.unknown, row(crossed).groups) == ("first × second", N, ())


@pytest.mark.usefixtures("labels")
@pytest.mark.parametrize(("by", "message"), [
    ("sx", "has no attribute 'sx': did you mean 'sex'"),
    ("sex/10", "only an attribute of numbers"),
    ("year/0", "the width of a bin"),
    ("year/x", "the width of a bin"),
])  # fmt: skip
def test_a_mistaken_attribute_is_named(by: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=message):
        audit(board(tmp_path), [by])


def test_without_labels_there_is_no_audit_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = board(tmp_path)
    [table] = audit(found, ["sex"])
    assert table.rows == ()
    assert remarks(table) == ["no audit: the data set toy-faces is not in the cache"]
    monkeypatch.setattr(fairness, "portraits", lambda *which: known())
    [table] = audit(found, ["sex"])
    assert remarks(table) == ["no audit: toy-faces has no labels"]


@pytest.mark.usefixtures("labels")
def test_equal_groups_of_one_score_have_no_gap_and_no_doubt(tmp_path: Path) -> None:
    write(tmp_path, {"peak": np.full(N, 20.0)})
    found = row(audit(collect(tmp_path)[0][0], ["sex"])[0])
    assert (found.gap, found.p) == (0, 1)
    assert math.isnan(found.relative)


@pytest.mark.usefixtures("labels")
def test_intervals_know_of_other_trainings(tmp_path: Path) -> None:
    """Two trainings that are 2 dB apart on every image: half of 12.7 standard errors of their mean, and hardly less."""
    noise = np.random.default_rng(0).normal(0, 0.1, N)
    for seed in (0, 1):
        write(tmp_path, {"peak": 20 + 2 * seed + noise}, seed=seed)
    write(tmp_path, {"peak": 18 + noise}, model="identity", role="baseline", training=None, seed=None)
    [table] = audit(collect(tmp_path)[0][0], ["sex"])
    for group in row(table).groups[:2]:
        assert group.mean == pytest.approx(21, abs=0.1)
        assert group.high - group.low == pytest.approx(2 * 12.706, rel=0.01)
    for group in row(table, "identity").groups[:2]:
        assert group.high - group.low < 0.1


@pytest.mark.usefixtures("labels")
def test_hostile_labels_are_inert_in_markdown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fairness, "portraits", lambda *which: known(sex=["<b>|`x"] * 50 + ["y"] * 50))
    text = markdown(audit(board(tmp_path), ["sex"]))
    assert "<b>" not in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in tables}) <= 2


@pytest.mark.usefixtures("labels")
def test_the_command_shows_a_table_and_writes_markdown_csv_and_json(tmp_path: Path) -> None:
    board(tmp_path / "runs")
    call = [
        "leaderboard",
        "fairness",
        "--runs",
        str(tmp_path / "runs"),
        "--by",
        "sex",
        "--out",
        str(tmp_path / "by-sex"),
    ]
    shown = CliRunner().invoke(main, call)
    assert shown.exit_code == 0, shown.output
    assert "too few images: x (15)" in shown.output
    rows = list(csv.DictReader(io.StringIO((tmp_path / "by-sex.csv").read_text())))
    assert {r["group"] for r in rows} == {"f", "m", "x"}
    assert (tmp_path / "by-sex.md").read_text().count("\n| tiny-conv") == 2
    assert json.loads((tmp_path / "by-sex.json").read_text()) == json.loads(
        CliRunner().invoke(main, [*call, "--json"]).output
    )


def test_a_spreadsheet_runs_no_group_of_an_audit(tmp_path: Path) -> None:
    groups = ["=1+1"] * 50 + ["-2"] * 50
    assert csv_text(pd.DataFrame({"group": groups, "mean": -1.5})).splitlines()[1] == "'=1+1,-1.5"
