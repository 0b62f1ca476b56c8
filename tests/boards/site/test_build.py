"""The site as files: whole, the same every time, and inert whatever a plugin is called."""

from __future__ import annotations

import io
import json
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import gallery
import numpy as np
import pytest
import results
from click.testing import CliRunner
from gallery import HOSTILE, build
from PIL import Image
from reading import pages

from benchbench.boards import collect
from benchbench.cli import main
from benchbench.errors import BenchbenchError
from benchbench.evaluation.pictures import read_samples
from benchbench.results.layout import slug

TAME = "tame"


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
            model = next(m for m in shown["models"] if m["name"] == result.record.trial.model)
            for row, strip in (("restored", model), ("input", shown["input"]), ("truth", shown["truth"])):
                with Image.open(tmp_path / "site" / strip["file"]) as picture:
                    assert np.array_equal(np.asarray(picture), np.concatenate(list(rows[row]), 1))
            index = list(shown["ids"]).index("face-01")
            assert model["scores"][0][index] == pytest.approx(float(gallery_score(result.folder, "face-01")), abs=0.005)


def gallery_score(folder: Path, image: str) -> float:
    return float(results.scores_in(folder).loc[image, "peak"])


def test_equal_pictures_are_stored_once(files: dict[str, bytes]) -> None:
    pictures = [content for path, content in files.items() if path.startswith("pictures/")]
    assert len(pictures) == len(set(pictures)) == 12  # samples and worst of five models; one restores the truth


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
    results.write(tmp_path / "runs", {"peak": 58.9}, model="identity", role="baseline", **gallery.UNTRAINED)
    known = pages(build(tmp_path / "runs", tmp_path / "site"))
    assert "No stored result has pictures." in known["gallery.html"].inside("p")
    assert "58.90" in known["boards/toy-faces/darken.html"].inside("td")


def test_the_command_writes_the_site_and_says_where(runs: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["site", "--runs", str(runs), "--out", str(tmp_path / "site")])
    assert (done.exit_code, done.output) == (0, f"{tmp_path / 'site' / 'index.html'}\n")
    empty = CliRunner().invoke(main, ["site", "--runs", str(tmp_path / "none"), "--out", str(tmp_path / "site2")])
    assert empty.exit_code == 2
    assert "there are no results" in empty.output
    assert not (tmp_path / "site2").exists()


def test_stored_pictures_are_png_without_a_date(files: dict[str, bytes]) -> None:
    for path, content in files.items():
        if path.startswith("pictures/"):
            with Image.open(io.BytesIO(content)) as picture:
                assert (picture.format, picture.info) == ("PNG", {})
