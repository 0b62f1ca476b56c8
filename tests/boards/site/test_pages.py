"""Pages of boards and models: what they show, and that screen readers and other programs can read them."""

from __future__ import annotations

from pathlib import Path

import gallery
import pytest
import results
import torch
from gallery import build
from reading import pages

from benchbench.boards import collect, fairness
from benchbench.boards.notes import remarks_on
from benchbench.boards.text import number
from benchbench.data.prepared import PreparedDataset
from benchbench.registry.registry import registry


def test_pages_are_readable_by_a_screen_reader(files: dict[str, bytes]) -> None:
    for path, page in pages(files).items():
        assert page.all("html") == [{"lang": "en"}]
        assert len(page.all("h1")) == len(page.all("main")) == 1, path
        assert len([where for where, _ in page.texts if where[-2:] == ("head", "title")]) == 1, path
        assert len(page.all("caption")) == len(page.all("table")), path
        assert all(a.get("scope") in ("row", "col") for a in page.all("th")), path
        assert all(a.get("alt") for a in page.all("img")), path
        assert all(a.get("aria-label") for _, a in page.tags if a.get("role") in ("img", "region", "application")
                   and "data-role" not in a and "data-layer" not in a), path  # fmt: skip
        assert all("role" in a or a.get("aria-hidden") == "true" for a in page.all("svg")), path


def test_the_table_of_a_board_shows_its_rows(runs: Path, files: dict[str, bytes]) -> None:
    board = next(b for b in collect(runs)[0] if b.setting.degradation == "darken")
    page = pages(files)["boards/toy-faces/darken.html"]
    rows = [a["data-name"] for a in page.all("tr") if "data-name" in a]
    assert rows == list(board.rows["model"])
    shown = page.inside("td")
    for row in board.rows.to_dict("records"):
        assert number(row["peak"], 2) in shown
        assert number(row["mean-error"], 4) in shown
    assert number(25.0, 2) in page.inside("strong")
    assert [a for a in page.all("th") if a.get("aria-sort") == "ascending"]


def test_models_without_a_score_say_why(files: dict[str, bytes]) -> None:
    known = pages(files)
    for path in ("boards/toy-faces/swirl,strength=3.html", "models/late.html"):
        assert any("needs more" in text for text in known[path].inside("bdi")), path


def test_the_front_page_names_the_leader_of_each_board(files: dict[str, bytes]) -> None:
    page = pages(files)["index.html"]
    assert page.inside("h3")[:2] == ["darken", "swirl:strength=3"]
    leaders = [text for path, text in page.texts if "li" in path and "p" in path and "bdi" in path]
    assert leaders == ["tiny-conv", "tiny-conv"]
    heat = {a["data-score"]: a["class"] for a in page.all("td") if a.get("class", "").startswith("h")}
    assert (heat["25.0"], heat["26.0"], heat["21.0"]) == ("h4", "h4", "h0")
    assert heat["19.0"].startswith("h-")
    assert len([a for a in page.all("td") if a.get("class") == "missing"]) == 1
    [verdict] = [text for path, text in page.texts if path[-2:] == ("section", "p") and "gains most" in text]
    assert "100 % of the best model’s gain. It may be the best on 2 of them." in " ".join(verdict.split())


def test_no_model_leads_where_none_beats_the_input(tmp_path: Path) -> None:
    gallery.write(tmp_path / "runs", 30.0, 0, model="identity", role="baseline", **gallery.UNTRAINED)
    gallery.write(tmp_path / "runs", 20.0, model="worse")
    page = pages(build(tmp_path / "runs", tmp_path / "site"))["index.html"]
    assert "No model is better than leaving the image as it is." in page.inside("p")


def test_nobody_leads_where_all_is_whole(tmp_path: Path) -> None:
    for model, role in (("identity", "baseline"), ("plain", "")):
        gallery.write(tmp_path / "runs", 58.9, 0, model=model, role=role, **gallery.UNTRAINED)
    known = pages(build(tmp_path / "runs", tmp_path / "site"))
    assert "No model is better than leaving the image as it is." in known["index.html"].inside("p")


def test_the_worst_images_of_a_model_are_its_lowest(files: dict[str, bytes]) -> None:
    card = pages(files)["models/tiny-conv.html"]
    images = [text for text in card.inside("bdi") if text.startswith("face-")]
    assert images[:4] == gallery.IMAGES[:-5:-1]
    labels = [a["aria-label"] for a in card.all("svg") if "face-" in a.get("aria-label", "")]
    assert labels == [f"face-{n}, {words}" for n in (11, 10) for words in ("degraded", "restored", "as it was")] * 2


def test_a_card_tells_what_an_installed_model_says_of_itself(tmp_path: Path) -> None:
    found = registry()
    name = next(name for name, model in found.of("model").items() if model.recipe is not None)
    gallery.write(tmp_path / "runs", 20.0, model=name)
    gallery.write(tmp_path / "runs", 21.0, model="not-here")
    known = pages(build(tmp_path / "runs", tmp_path / "site", registry=found))
    text = " ".join(t for _, t in known[f"models/{name}.html"].texts)
    model = found.resolve("model", name)
    assert type(model).description() in text
    assert f"epochs {model.recipe.epochs}" in text
    assert type(model).__module__ in text
    assert "Identifying anybody" in text
    assert "not installed here" in " ".join(t for _, t in known["models/not-here.html"].texts)


def test_a_card_compares_the_groups_that_are_large_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    n = results.IMAGES
    attributes = {
        "side": ["<i>left"] * 20 + ["right"] * (n - 20), "year": [1900 + i for i in range(n)],
        "name": [f"n{i}" for i in range(n)], "few": ["a"] * 39 + ["b"],
    }  # fmt: skip
    pixels = torch.zeros(n, 3, 8, 8, dtype=torch.uint8)
    ids = [f"i{i}" for i in range(n)]
    data = PreparedDataset("toy-faces", "toy-faces", 16, "f00d", ids, pixels, None, attributes, ["test"] * n, [])
    monkeypatch.setattr(fairness, "portraits", lambda *which: data)
    results.write(tmp_path / "runs", {"peak": 10.0}, model="identity", role="baseline", **gallery.UNTRAINED)
    results.write(tmp_path / "runs", {"peak": 20.0}, noise=1.0, signs=[-1] * 20 + [1] * (n - 20))
    card = pages(build(tmp_path / "runs", tmp_path / "site"))["models/tiny-conv.html"]
    words = card.inside("details")
    assert [w for w in words if w in ("side", "year (steps of 20)")] == ["side", "year (steps of 20)"]
    assert "<i>left (n 20)" in words
    assert words.count("2.00") == 2  # both gaps
    assert "Too few images to compare: name, few." in " ".join(card.inside("caption"))


def test_a_card_says_why_there_is_no_audit(files: dict[str, bytes]) -> None:
    assert "the data set toy-faces is not in the cache" in pages(files)["models/tiny-conv.html"].inside("bdi")


def test_boards_of_one_name_have_a_page_each(tmp_path: Path) -> None:
    for way in ("any-time", "recipe"):
        gallery.write(tmp_path / "runs", 20.0, training=way)
    files = build(tmp_path / "runs", tmp_path / "site")
    assert len([path for path in files if path.startswith("boards/")]) == 2
    assert len(pages(files)["index.html"].all("table")) == 2


def test_a_tuned_training_shows_its_learning_rates_on_board_and_card(tmp_path: Path) -> None:
    tried = [{"factor": factor, "validation_psnr": psnr} for factor, psnr in ((1.0, 20.5), (1 / 3, 19.25), (3.0, None))]
    for seed, factor in enumerate((1.0, 1 / 3)):
        tuning = {"factor": factor, "tried": tried, "flops": 4e11}
        results.write(tmp_path / "runs", seed=seed, tuned=True, tuning=tuning)
    [board] = collect(tmp_path / "runs")[0]
    assert list(board.rows["tuning_flops"]) == [4e11]
    [note] = [note.text for note in remarks_on(board) if note.text.startswith("Tuned")]
    assert "tiny-conv 1, ⅓. Those that lost took 0.40 TFLOP a training" in note
    page = pages(build(tmp_path / "runs", tmp_path / "site"))["models/tiny-conv.html"]
    shown = " ".join("".join(text for _, text in page.texts).split())
    assert "× 1, of ⅓ (19.25 dB), 1 (20.50 dB), 3 (failed); those that lost took 0.40 TFLOP" in shown


def test_the_front_page_says_how_far_data_sets_agree(tmp_path: Path) -> None:
    for dataset, scores in (("drawn", (1.0, 2.0, 3.0)), ("taken", (1.0, 3.0, 2.0))):
        for model, score in zip("abc", scores, strict=True):
            results.write(tmp_path / "runs", {"peak": score}, dataset=dataset, model=model)
    page = pages(build(tmp_path / "runs", tmp_path / "site"))["index.html"]
    assert {"drawn", "taken"} <= set(page.inside("bdi"))
    assert number(1 / 3, 2) in page.inside("td")
