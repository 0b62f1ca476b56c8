"""The site as files: whole, the same every time, inert whatever a plugin is called, and readable by programs too."""

from __future__ import annotations

import io
import json
import math
import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import gallery
import numpy as np
import pytest
import results
import torch
from click.testing import CliRunner
from gallery import HOSTILE, build
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from reading import Page, pages

from benchbench.boards import collect, fairness
from benchbench.boards.site import audits
from benchbench.boards.site.charts import Axis, Series, line_chart
from benchbench.boards.site.pictures import BINS, DIGITS, histogram
from benchbench.boards.text import number
from benchbench.cli import main
from benchbench.data.prepared import PreparedDataset
from benchbench.errors import BenchbenchError
from benchbench.evaluation.pictures import read_samples
from benchbench.registry.registry import registry
from benchbench.results.store import slug

STATIC = Path(__file__).parents[3] / "benchbench" / "boards" / "site" / "static"
TAME = "tame"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of two boards."""
    return gallery.small(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def files(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The site of these results."""
    return build(runs, tmp_path_factory.mktemp("site") / "site")


def test_the_same_results_give_the_same_bytes(runs: Path, files: dict[str, bytes], tmp_path: Path) -> None:
    again = build(runs, tmp_path / "again")
    assert again == files
    assert build(runs, tmp_path / "again") == files


def test_every_link_leads_to_a_file_and_a_place_in_it(files: dict[str, bytes]) -> None:
    known = pages(files)
    links = 0
    for path, page in known.items():
        for tag, attributes in page.tags:
            target = attributes.get("href" if tag in ("a", "link", "image") else "src", "")
            if not target or target.startswith("https://arxiv.org/"):
                continue
            parts = urlsplit(target)
            assert parts.scheme == parts.netloc == "", f"{path} asks {target}"
            file = str((Path("/") / Path(path).parent / unquote(parts.path)).resolve())[1:] if parts.path else path
            assert file in files, f"{path} links to {target}"
            ids = (
                {attributes["id"] for _, attributes in known[file].tags if "id" in attributes}
                if file in known
                else set()
            )
            if parts.fragment and not file.startswith("gallery"):
                assert parts.fragment in ids, f"{path}: nothing in {file} is called {parts.fragment}"
            links += 1
    assert links > 100


def test_links_into_the_gallery_name_what_it_has(files: dict[str, bytes]) -> None:
    known = pages(files)
    boards = {b["id"]: b for b in json.loads(known["gallery.html"].inside("script")[0])}
    found = [
        urlsplit(a["href"]).fragment for page in known.values() for a in page.all("a") if "gallery.html#" in a["href"]
    ]
    assert len(found) > 10
    for fragment in found:
        where = {name: values[0] for name, values in parse_qs(fragment, strict_parsing=True).items()}
        board = boards[where["board"]]
        assert where["image"] in board["ids"]
        assert {where["a"], where["b"]} <= {".input", ".truth", *(m["name"] for m in board["models"])}


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


def test_nothing_runs_but_the_sites_own_files(files: dict[str, bytes]) -> None:
    for path, page in pages(files).items():
        for tag, attributes in page.tags:
            assert not [name for name in attributes if name.startswith("on") or name == "style"], path
            if tag == "script" and "src" not in attributes:
                assert attributes["type"] == "application/json", path
        policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy


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
    [verdict] = [text for path, text in page.texts if path[-2:] == ("section", "p") and "ranks best" in text]
    assert "mean rank 1.0, 2 boards won or shared" in " ".join(verdict.split())


def test_no_model_leads_where_none_beats_the_input(tmp_path: Path) -> None:
    gallery.write(tmp_path / "runs", 30.0, 0, model="identity", role="baseline", **gallery.UNTRAINED)
    gallery.write(tmp_path / "runs", 20.0, model="worse")
    page = pages(build(tmp_path / "runs", tmp_path / "site"))["index.html"]
    assert "No model is better than leaving the image as it is." in page.inside("p")


def test_nobody_leads_or_fails_where_all_is_whole(tmp_path: Path) -> None:
    for model, role in (("identity", "baseline"), ("plain", "")):
        gallery.write(tmp_path / "runs", math.inf, 0, model=model, role=role, **gallery.UNTRAINED)
    known = pages(build(tmp_path / "runs", tmp_path / "site"))
    assert "No model is better than leaving the image as it is." in known["index.html"].inside("p")
    assert "Its worst images" not in known["models/plain.html"].inside("h2")


def test_hostile_names_are_shown_and_do_nothing(tmp_path: Path) -> None:
    out = tmp_path / "runs"
    for position, name in enumerate([*HOSTILE, TAME]):
        gallery.write(out, 20.0 + position, position, model=name, dataset="</bdi>", degradation="<b>|\"'" + "y" * 200)
        gallery.write(out, 20.0, 0, model=name, dataset=name, degradation=name, plugin=name)
    results.write(out, status="failed", reason=HOSTILE[0], model="broken", size=gallery.SIZE)
    files = build(out, tmp_path / "site")
    known = pages(files)
    names = {" ".join(text.split()) for text in known["models.html"].inside("bdi")}
    tame = known[f"models/{TAME}.html"]
    for name in HOSTILE:
        assert " ".join(name.split()) in names
        card = known[f"models/{slug(name)}.html"]
        assert card.inside("h1") == [name]
        assert sorted(tag for tag, _ in card.tags) == sorted(tag for tag, _ in tame.tags)
    for path, page in known.items():
        for tag, attributes in page.tags:
            assert not [a for a in attributes if a.startswith("on") or a == "autofocus"], (path, tag, attributes)
    shown = json.loads(known["gallery.html"].inside("script")[0])
    assert {model["name"] for board in shown for model in board["models"]} == {*HOSTILE, TAME}
    assert b"<script>alert" not in b"".join(files.values())


def test_pictures_are_the_models_own_to_the_bit(runs: Path, tmp_path: Path) -> None:
    build(runs, tmp_path / "site")
    data = json.loads(
        pages({"g.html": (tmp_path / "site" / "gallery.html").read_bytes()})["g.html"].inside("script")[0]
    )
    for board in collect(runs)[0]:
        shown = next(b for b in data if b["title"] == board.setting.degradation)
        assert shown["ids"] == gallery.IMAGES[: gallery.SAMPLES]
        for result in board.results:
            if result.status != "scored":
                continue
            rows = read_samples(result.folder / "samples.png", gallery.SIZE)
            model = next(m for m in shown["models"] if m["name"] == result.content["trial"]["model"])
            for row, strip in (("restored", model), ("input", shown["input"]), ("truth", shown["truth"])):
                with Image.open(tmp_path / "site" / strip["file"]) as picture:
                    assert np.array_equal(np.asarray(picture), np.concatenate(list(rows[row]), 1))
            index = list(shown["ids"]).index("face-01")
            assert model["scores"][0][index] == pytest.approx(float(gallery_score(result.folder, "face-01")), abs=0.005)


def gallery_score(folder: Path, image: str) -> float:
    import pandas as pd

    return float(pd.read_parquet(folder / "metrics.parquet").loc[image, "peak"])


def test_equal_pictures_are_stored_once(files: dict[str, bytes]) -> None:
    pictures = [content for path, content in files.items() if path.startswith("pictures/")]
    assert len(pictures) == len(set(pictures)) == 12  # samples and worst of five models; one restores the truth


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
    for module in (audits, fairness):
        monkeypatch.setattr(module, "portraits", lambda *which: data)
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


def test_what_is_no_longer_on_a_board_leaves_the_site(runs: Path, files: dict[str, bytes], tmp_path: Path) -> None:
    before = build(gallery.grid(tmp_path / "old", ["gone"], ["lost"]), tmp_path / "site")
    assert "models/gone.html" in before
    own = tmp_path / "site" / "CNAME"
    own.write_text("example.org", encoding="utf-8")
    assert build(runs, tmp_path / "site") == {**files, "CNAME": b"example.org"}


def test_a_folder_that_is_no_site_is_left_alone(runs: Path, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine", encoding="utf-8")
    with pytest.raises(BenchbenchError, match="no site of benchbench; name a new folder"):
        build(runs, tmp_path)
    assert [p.name for p in tmp_path.iterdir() if p.name != "benchbench-cache"] == ["index.html"]


def test_a_forged_list_of_files_removes_nothing_outside(runs: Path, tmp_path: Path) -> None:
    build(runs, tmp_path / "site")
    (tmp_path / "precious").write_text("mine", encoding="utf-8")
    with (tmp_path / "site" / ".benchbench-site").open("a", encoding="utf-8") as manifest:
        manifest.write(f"../precious\n{tmp_path / 'precious'}\n")
    build(runs, tmp_path / "site")
    assert (tmp_path / "precious").read_text(encoding="utf-8") == "mine"


def test_results_without_pictures_or_scores_make_a_site_too(tmp_path: Path) -> None:
    results.write(tmp_path / "runs", {"peak": math.inf}, model="identity", role="baseline", **gallery.UNTRAINED)
    known = pages(build(tmp_path / "runs", tmp_path / "site"))
    assert "No stored result has pictures." in known["gallery.html"].inside("p")
    assert "∞" in known["boards/toy-faces/darken.html"].inside("td")


def test_boards_of_one_name_have_a_page_each(tmp_path: Path) -> None:
    for budget in ("5e+12 flops", "1e+12 flops"):
        gallery.write(tmp_path / "runs", 20.0, budget=budget)
    files = build(tmp_path / "runs", tmp_path / "site")
    assert len([path for path in files if path.startswith("boards/")]) == 2
    assert len(pages(files)["index.html"].all("table")) == 2


def test_the_command_writes_the_site_and_says_where(runs: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["site", "--out", str(runs), "--to", str(tmp_path / "site")])
    assert (done.exit_code, done.output) == (0, f"{tmp_path / 'site' / 'index.html'}\n")
    empty = CliRunner().invoke(main, ["site", "--out", str(tmp_path / "none"), "--to", str(tmp_path / "site2")])
    assert empty.exit_code != 0
    assert "there are no results" in empty.output
    assert not (tmp_path / "site2").exists()


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_a_plain_image_has_one_bin_a_channel(colour: tuple[int, int, int]) -> None:
    levels = [DIGITS.index(d) for d in histogram(np.tile(np.uint8(colour), (4, 4, 1)))]
    assert len(levels) == 3 * BINS
    for channel, value in enumerate(colour):
        own = levels[channel * BINS : (channel + 1) * BINS]
        assert [bin for bin, level in enumerate(own) if level] == [value // (256 // BINS)]
        assert max(own) == 63


def test_a_histogram_is_that_of_numpy_up_to_rounding() -> None:
    image = np.random.default_rng(1).normal(120, 50, (64, 64, 3)).clip(0, 255).astype(np.uint8)
    levels = np.array([DIGITS.index(d) for d in histogram(image)]).reshape(3, BINS)
    for channel in range(3):
        counts, _ = np.histogram(image[..., channel], BINS, (0, 256))
        assert np.abs(levels[channel] / 63 - np.sqrt(counts / counts.sum())).max() <= 0.5 / 63 + 1e-9


FINITE = st.floats(-1e6, 1e6)


@given(st.lists(FINITE, min_size=1, max_size=9), st.booleans())
def test_an_axis_holds_its_values_in_order(values: list[float], log: bool) -> None:
    axis = Axis.over("x", values, log)
    places = [axis.position(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in places)
    ticks = axis.ticks(5)
    assert len(ticks) >= 2
    assert all(-1e-9 <= axis.position(tick) <= 1 + 1e-9 for tick in ticks)


def test_what_is_not_finite_is_not_drawn() -> None:
    assert line_chart("t", [Series("a", [(1.0, math.inf), (math.nan, 2.0)])], ("x", "y")) == ""
    some = line_chart("t", [Series("<a>", [(1.0, math.inf), (1.0, 2.0), (2.0, 3.0)])], ("x & y", "y"), log="y")
    drawn = Page(some)
    assert drawn.inside("title") == ["<a>"]
    assert "x & y" in drawn.inside("text")
    assert "inf" not in some
    assert "nan" not in some


def channel(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def luminance(colour: list[float]) -> float:
    red, green, blue = map(channel, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: list[float], other: list[float]) -> float:
    """As WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def palette() -> dict[str, tuple[list[float], list[float]]]:
    """Custom colour -> (light, dark), each red, green and blue in [0, 1]."""

    def parts(text: str) -> list[float]:
        digits = text if len(text) == 6 else "".join(2 * digit for digit in text)
        return [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]

    found = re.findall(r"--([\w-]+): light-dark\(#(\w+), #(\w+)\)", (STATIC / "site.css").read_text(encoding="utf-8"))
    return {name: (parts(light), parts(dark)) for name, light, dark in found}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_and_lines_have_the_contrast_of_wcag_aa(theme: int) -> None:
    colours = {name: pair[theme] for name, pair in palette().items()}
    for text in ("ink", "quiet", "accent"):
        for ground in ("page", "raised", "warn"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for line in ("edge", "accent", *(f"c{i}" for i in range(7))):
        assert contrast(colours[line], colours["page"]) >= 3, line
    for heat, share in (("gain", 0.36), ("loss", 0.33)):
        mixed = [share * a + (1 - share) * b for a, b in zip(colours[heat], colours["page"], strict=True)]
        assert contrast(colours["ink"], mixed) >= 4.5, heat


def test_stored_pictures_are_png_without_a_date(files: dict[str, bytes]) -> None:
    for path, content in files.items():
        if path.startswith("pictures/"):
            with Image.open(io.BytesIO(content)) as picture:
                assert (picture.format, picture.info) == ("PNG", {})
