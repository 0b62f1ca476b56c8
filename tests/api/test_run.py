"""A run from Python: what it takes, and the board that it gives."""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass, fields, replace
from html import escape
from pathlib import Path
from typing import get_type_hints

import gallery
import numpy as np
import pytest
import results
import toys
from click.testing import CliRunner
from PIL import Image
from torch import nn

import benchbench
from benchbench import Chain, Shuffled, Sometimes
from benchbench.api import request
from benchbench.api.leaderboard import Leaderboard
from benchbench.api.request import Options, request_of, understood
from benchbench.boards.plots import PLOTS
from benchbench.boards.view import view_of
from benchbench.boards.write import as_table
from benchbench.cli import main
from benchbench.errors import SpecError
from benchbench.running.request import RunRequest


def test_a_class_that_cannot_be_imported_has_a_row_beside_a_plugins(board: Leaderboard) -> None:
    assert set(board.to_pandas()["model"]) == {"local:width=3", "identity"}
    assert board.failures == {}


def test_the_board_is_text_in_a_shell_and_a_table_with_pictures_in_a_notebook(board: Leaderboard) -> None:
    assert "local:width=3" in repr(board)
    html = board._repr_html_()
    assert len(re.findall('src="data:image/png;base64,', html)) == 3  # two models, and the truth
    assert html.count("<tr") == 4


def test_a_notebook_folds_what_explains_and_shows_what_matters(board: Leaderboard) -> None:
    view, [shown, folded] = view_of(board.boards[0]), board._repr_html_().split("<details>")
    for note in (*view.how_ranked, *view.notes):
        assert (escape(note.text) in shown) != (escape(note.text) in folded)
    assert "In the order of mean" in shown
    assert "±" in folded
    assert f"<summary>{folded.count('<li>')} more notes" in folded


def test_the_mark_of_a_rising_model_is_explained_where_it_is_shown_with_the_way_out(tmp_path: Path) -> None:
    metrics = {"peak": results.metric(unit="dB") | {"relevant": 0.1}}
    for seed, rise in ((0, 1.0), (1, 1.02)):
        rungs = {flops: {"peak": 20 + position * rise} for position, flops in enumerate((1e11, 2e11, 5e11))}
        results.write(tmp_path, rungs=rungs, metrics=metrics, model="late", seed=seed)
    shown = benchbench.leaderboard(tmp_path)._repr_html_().split("<details>")[0]
    assert "late ↑" in shown
    assert "↑: still rising" in shown
    assert "doubling the budget continues its training" in shown


def test_a_model_that_fails_alike_from_every_seed_says_why_once(tmp_path: Path) -> None:
    gallery.small(tmp_path)
    for seed, reason in enumerate(["ValueError: oops", "ValueError: oops", "no memory"]):
        results.write(tmp_path, model="bad", seed=seed, status="failed", reason=reason, size=gallery.SIZE)
    board = benchbench.leaderboard(tmp_path)
    assert board.failures["bad"] == "failed: ValueError: oops; failed: no memory"
    assert [board._repr_html_().count(f"bad failed: {reason}") for reason in ("ValueError: oops", "no memory")] == [
        1,
        1,
    ]


def test_names_from_elsewhere_are_inert_in_html(board: Leaderboard) -> None:
    from benchbench.api.html import html_of

    setting = replace(board.boards[0].setting, dataset="<script>")
    assert "<script>" not in html_of(view_of(replace(board.boards[0], setting=setting)))


def test_an_entry_restores_an_image_of_any_size_by_the_stored_weights(board: Leaderboard) -> None:
    entry = board["local:width=3"]
    photo = np.random.default_rng(0).integers(0, 256, (24, 20, 3)).astype(np.uint8)
    restored = entry.restore(photo)
    assert isinstance(restored, Image.Image)
    assert restored.size == (20, 24)
    assert entry.to_pandas().index.is_unique
    assert re.match(r"local:width=3: place \d by the mean of 2, ", repr(entry))
    identity = np.asarray(board["darken", "identity"].restore(Image.fromarray(photo[:16, :16])))
    assert (identity == photo[:16, :16]).all()
    with pytest.raises(benchbench.SpecError, match="did you mean 'local:width=3'"):
        board["local:width=4"]


def test_an_image_that_does_not_suffer_from_what_a_model_undoes_is_warned_of_where_it_is_given(
    board: Leaderboard, toy_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHBENCH_CACHE", str(toy_cache))
    entry = board["darken", "identity"]
    assert entry.restorer.images is not None
    clean = entry.restorer.images.pixels[0]
    said = "it does not look as if it suffered from darken: .* degraded at another size than 16 px looks so, too"
    with pytest.warns(benchbench.DoubtWarning, match=said) as caught:
        entry.restore(clean)
    assert [each.filename for each in caught] == [__file__]
    entry.restore(clean // 2)  # darkened: no word


def test_a_model_that_failed_says_why_where_it_is_asked_for(tmp_path: Path) -> None:
    results.write(tmp_path, {"psnr": 24.0}, model="good")
    results.write(tmp_path, model="bad", status="failed", reason="the loss was not finite")
    with pytest.raises(SpecError, match="'bad' has no scores on this board: failed: the loss was not finite"):
        benchbench.leaderboard(tmp_path)["bad"]


def test_a_board_in_a_shell_says_how_sure_its_order_is(tmp_path: Path) -> None:
    assert re.search(r"│ +\d\d\.\d\d ±\d\.\d\d │", repr(benchbench.leaderboard(gallery.small(tmp_path))))


def test_a_board_is_drawn(board: Leaderboard) -> None:
    file = io.BytesIO()
    board.plot("learning").savefig(file)
    assert Image.open(file).width > 300
    assert board.plot()._repr_png_().startswith(b"\x89PNG")  # as short a training as this has no curve
    with pytest.raises(benchbench.SpecError, match="nothing for a plot of 'rate'"):
        board.plot("rate")
    with pytest.raises(benchbench.SpecError, match=f"no plot 'paretto'; there are {', '.join(PLOTS)}"):
        board.plot("paretto")
    assert [kind for kind in PLOTS if f"`{kind}`" not in str(Leaderboard.plot.__doc__)] == []


def test_a_table_begins_with_what_people_read_and_ends_with_digests(board: Leaderboard) -> None:
    columns, means = list(board.to_pandas()), list(board.boards[0].metrics)
    assert columns[: 1 + len(means)] == ["model", *means]  # one training gives no ranks
    assert columns[-3:] == ["fingerprint", "degradation_digest", "test_set"]
    assert columns.index("degradation") < columns.index("parameters") < columns.index(f"{means[0]}.low")
    csv = as_table(board.boards[0])
    assert sorted(csv) == sorted(columns)
    assert list(csv)[:2] == ["dataset", "fingerprint"]  # as it was published


def test_a_board_is_written_as_a_site(board: Leaderboard, tmp_path: Path) -> None:
    front = board.site(tmp_path / "site")
    assert front == tmp_path / "site" / "index.html"
    pages = {path.relative_to(front.parent).as_posix(): path.read_text() for path in front.parent.rglob("*.html")}
    links = set(re.findall(r'href="([^"#:]+\.html)"', pages["index.html"]))
    assert links
    assert links <= set(pages)
    assert any("local:width=3" in text for text in pages.values())


def test_a_model_whose_weights_are_gone_says_how_to_have_them_again(
    board: Leaderboard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    entry = board["local:width=3"]
    gone = replace(entry, result=replace(entry.result, folder=tmp_path))
    with pytest.raises(benchbench.BenchbenchError, match="holds no weights of local:width=3: remove it, and run it ag"):
        gone.restore(np.zeros((16, 16, 3), np.uint8))
    monkeypatch.setattr("benchbench.photos.choosing.component_digest", lambda component: "another")
    with pytest.raises(benchbench.BenchbenchError, match="or darken is not known here, or has changed since: run it"):
        replace(entry).restore(np.zeros((16, 16, 3), np.uint8))


def test_the_name_of_a_plugins_component_is_taken() -> None:
    @dataclass(frozen=True)
    class Mine(toys.Identity):
        name = "identity"

    with pytest.raises(benchbench.PluginError, match=r"'identity' is there already, from .*: name .*Mine otherwise"):
        understood({"model": Mine})


def test_the_parts_of_a_composite_are_what_is_asked_for() -> None:
    part = toys.Darken()
    for given in (part, Chain((part, part)), Shuffled((part, part)), Sometimes((part,), probability=0.3)):
        registry, texts = understood({"degradation": given})
        assert str(registry.resolve("degradation", *texts["degradation"])) == str(given)


def test_a_size_that_the_command_line_refuses_is_refused() -> None:
    with pytest.raises(SpecError, match="size must be at most 2048, not 4096"):
        request_of(toys.registry(), {"size": 4096})


def test_what_is_no_component_is_refused() -> None:
    with pytest.raises(TypeError, match="3 is no component"):
        understood({"model": [3]})  # type: ignore[list-item]
    with pytest.raises(TypeError, match=r"Identity is a network: benchbench\.rank"):
        understood({"model": nn.Identity()})  # type: ignore[dict-item]


def test_the_options_of_a_run_are_those_of_a_request() -> None:
    given = set(get_type_hints(Options)) - {"seeds", "suite", "quiet"}
    assert given == {field.name for field in fields(RunRequest)} - {
        "dataset",
        "degradation",
        "model",
        "metric",
        "grids",
    }


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"seeds": 2, "seed": (5,)}, "give one of the two"),
        ({"size": 4}, "size must be a whole number, at least 8"),
        ({"size": 64.5}, "size must be a whole number, at least 8, and finite, not 64.5"),
        ({"seeds": "3"}, "seeds must be a whole number, at least 1, and finite, not '3'"),
        ({"jobs": True}, "jobs must be a whole number, at least 1, and finite, not True"),
        ({"timeout": "60"}, "timeout must be a number, at least 1, and finite, not '60'"),
        ({"timeout": math.nan}, "timeout must be a number, at least 1, and finite, not nan"),
        ({"timeout": math.inf}, "timeout must be a number, at least 1, and finite, not inf"),
        ({"timeout": 10**400}, "timeout must be a number, at least 1, and finite, not 1000"),
        ({"at": math.nan}, "nan is no amount of compute: say 0.5TFLOP"),
        ({"at": [1]}, r"\[1\] is no amount of compute: say 0.5TFLOP"),
        ({"at": True}, "True is no amount of compute"),
        ({"at": 10**400}, "is no amount of compute"),
        ({"budget": 3}, "budget must be text, not 3"),
        ({"memory": [1]}, r"memory must be text, not \[1\]"),
        ({"suite": 3}, "suite must be text, not 3"),
        ({"out": 5}, "out must be a path, not 5"),
        ({"fresh": "no"}, "fresh must be True or False, not 'no'"),
        ({"executor": "slurm"}, "executor must be local or dask, not 'slurm'"),
        ({"seed": 1}, "seed must be whole numbers from 0 on, such as"),
        ({"seed": [1.5]}, "seed must be whole numbers from 0 on, such as"),
        ({"seed": "01"}, "seed must be whole numbers from 0 on, such as"),
        ({"seed": []}, "seed must be whole numbers from 0 on, such as"),
        ({"at": "3epochs"}, "no amount of compute"),
    ],
)
def test_options_that_contradict_each_other_or_are_out_of_range_are_refused(
    options: dict[str, object], complaint: str
) -> None:
    with pytest.raises(benchbench.SpecError, match=complaint):
        request_of(toys.registry(), options)


def test_an_option_that_is_none_says_nothing() -> None:
    given = dict.fromkeys(["size", "seeds", "threads", "timeout", "at", "out"])
    assert request_of(toys.registry(), given) == RunRequest()
    with pytest.raises(TypeError, match="unknown option 'sizes': did you mean 'size'"):
        request_of(toys.registry(), {"sizes": None})


def test_numbers_of_numpy_become_those_of_python() -> None:
    request = request_of(toys.registry(), {"size": np.int64(16), "jobs": np.int32(1), "timeout": np.float32(60)})
    assert [type(value) for value in (request.size, request.jobs, request.timeout)] == [int, int, float]


def test_the_command_line_makes_the_same_request(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: list[RunRequest] = []
    monkeypatch.setattr("benchbench.running.run.run", lambda registry, asked, console: wanted.append(asked))
    line = ["--degrade", "swirl", "--model", "unet", "--seeds", "3", "--at", "0.5TFLOP", "--threads", "2"]
    CliRunner().invoke(main, ["run", *line])
    named = {"degradation": ("swirl",), "model": ("unet",), "seeds": 3, "at": "0.5TFLOP", "threads": 2}
    assert wanted == [request_of(toys.registry(), named)]


def test_an_interrupted_run_raises_and_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    from benchbench.api import run
    from benchbench.running.run import Report

    report = Report([], 0, [], [], [], [], interrupted=True)
    monkeypatch.setattr(run.running, "run", lambda *given: report)
    with pytest.raises(KeyboardInterrupt, match="the same call goes on"):
        benchbench.run(model="identity", out=f"{tmp_path}")
    assert request.registry is toys.registry
