"""Results from elsewhere: what is taken in, as what, and each reason for which something is not."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from benchbench.boards import collect, write_boards
from benchbench.boards.submissions.archive import MOST_BYTES
from benchbench.boards.submissions.merge import SAMPLES_KEPT, Verdict, merge
from benchbench.cli import main
from benchbench.files import file_digest, load_tensors, read_json, save_tensors, write_json
from benchbench.results import store
from benchbench.results.record import TrialFacts
from benchbench.results.store import RESTORED
from benchbench.results.trial import key_of

RUN = ["run", "--size", "16", "--dataset", "faces:n=60", "--metric", "psnr", "--metric", "lightness-shift", "--device",
       "cpu", "--model", "identity", "--model", "median", "--jobs", "1", "--predictions", "--quiet"]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run with its restored images, in `runs`, and the cache that it used, in `cache`."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("BENCHBENCH_CACHE", str(folder / "cache"))
        result = CliRunner().invoke(main, [*RUN, "--out", str(folder / "runs")])
        assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def runs(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the run, with its data at hand."""
    monkeypatch.setenv("BENCHBENCH_CACHE", str(made / "cache"))
    shutil.copytree(made / "runs", tmp_path / "runs")
    return tmp_path / "runs"


def one(runs: Path, model: str = "median") -> Path:
    """The folder of a model's result."""
    [folder] = runs.glob(f"*/pixelate/{model}/*")
    return folder


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a result, and let its sums fit, as a forger would."""
    content = read_json(folder / store.RESULT)
    change(content)
    content["files"] = {name: file_digest(folder / name) for name in content["files"] if (folder / name).exists()}
    write_json(folder / store.RESULT, content)


def only(path: Path, into: Path) -> Verdict:
    """The verdict on the only result there."""
    [verdict] = merge([path], into)
    return verdict


def refusal(path: Path, into: Path) -> str:
    """Why the only result there was refused; nothing may have been written."""
    before = sorted(into.rglob("*"))
    verdict = only(path, into)
    assert verdict.verdict == "refused", verdict
    assert sorted(into.rglob("*")) == before
    assert "\n" not in str(verdict)
    return verdict.reason


# ── what is taken in ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_results_are_added_light_and_again_they_are_known(runs: Path, tmp_path: Path) -> None:
    into = tmp_path / "into"
    assert {v.verdict for v in merge([runs], into)} == {"added"}
    for folder in into.glob("*/*/*/*"):
        assert set(os.listdir(folder)) <= {store.RESULT, store.SCORES, store.HISTORY, store.SAMPLES}
        assert store.read(folder).content["key"] == folder.name
    assert {v.verdict for v in merge([runs], into)} == {"known"}
    assert {v.verdict for v in merge([into], tmp_path / "again")} == {"added"}


def test_boards_of_light_results_say_what_those_of_whole_ones_say(runs: Path, tmp_path: Path) -> None:
    list(merge([runs], tmp_path / "light"))
    list(merge([runs], tmp_path / "full", light=False))
    folders = {out: tmp_path / f"{out.name}-boards" for out in (runs, tmp_path / "light", tmp_path / "full")}
    for out, to in folders.items():
        write_boards(collect(out)[0], to)
    whole, *others = folders.values()
    names = sorted(p.relative_to(whole) for p in whole.rglob("*") if p.is_file())
    for other in others:
        assert sorted(p.relative_to(other) for p in other.rglob("*") if p.is_file()) == names
        for name in names:
            if name.suffix != ".png":
                assert (other / name).read_bytes() == (whole / name).read_bytes()


def test_light_scores_are_the_whole_ones_to_the_bit(runs: Path, tmp_path: Path) -> None:
    list(merge([runs], tmp_path / "into"))
    for path in (tmp_path / "into").glob(f"*/*/*/*/{store.SCORES}"):
        folder = path.parent
        same = store.read_scores(runs / folder.relative_to(tmp_path / "into"))
        assert store.read_scores(folder).equals(same)


def test_the_frame_of_the_samples_is_kept_once(runs: Path, tmp_path: Path) -> None:
    list(merge([runs], tmp_path / "into"))
    heights = {}
    for model in ("identity", "median"):
        with Image.open(one(tmp_path / "into", model) / store.SAMPLES) as picture:
            heights[model] = picture.height
            assert picture.width == 16 * min(SAMPLES_KEPT, len(store.read_scores(one(runs))))
    assert heights == {"identity": 48, "median": 16}


def test_a_result_with_a_perfect_image_is_taken_in(runs: Path, tmp_path: Path) -> None:
    from benchbench.evaluation.score import means

    (one(runs) / store.PREDICTIONS).unlink()
    table = store.read_scores(one(runs))
    table.iloc[0, table.columns.get_loc("psnr")] = np.inf
    store.write_scores(one(runs), table)
    edit(one(runs), lambda content: content.update(scores=means(store.read_scores(one(runs)))))
    assert only(one(runs), tmp_path / "into").verdict == "added"


def pack_zip(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.iterdir():
            archive.write(file, f"mine/{file.name}")
    return path


def pack_tar(folder: Path, path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, "mine")
    return path


@pytest.mark.parametrize(("pack", "name"), [(pack_zip, "a.zip"), (pack_tar, "a.tar.gz")])
def test_archives_are_as_good_as_folders(pack: Callable[..., Path], name: str, runs: Path, tmp_path: Path) -> None:
    verdict = only(pack(one(runs), tmp_path / name), tmp_path / "into")
    assert verdict.verdict == "added", verdict
    assert one(tmp_path / "into").name == one(runs).name


def test_a_result_with_more_metrics_replaces_the_older_one(runs: Path, tmp_path: Path) -> None:
    list(merge([runs], tmp_path / "into"))
    older = one(tmp_path / "into")

    def forget(content: dict[str, Any]) -> None:
        for name in list(content["scores"]):
            if name.startswith("lightness-shift"):
                del content["scores"][name]
        del content["metrics"]["lightness-shift"]
        content["finished_at"] = "2020-01-01T00:00:00+00:00"

    store.write_scores(older, store.read_scores(older).filter(regex="^psnr"))
    edit(older, forget)
    assert only(one(runs), tmp_path / "into").verdict == "replaced"
    assert "lightness-shift" in store.read(older).content["scores"]


# ── scores are computed anew ─────────────────────────────────────────────────────────────────────────────────────────


def test_scores_are_recomputed_where_restored_images_and_data_are_at_hand(runs: Path, tmp_path: Path) -> None:
    reason = only(one(runs), tmp_path / "into").reason
    assert reason == "recomputed: psnr, psnr@face, lightness-shift, lightness-shift@face"


def test_without_data_or_restored_images_it_is_said_that_nothing_was(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHBENCH_CACHE", str(tmp_path / "empty"))
    assert only(one(runs), tmp_path / "a").reason == "not recomputed: the data set faces:n=60 is not in the cache"
    (one(runs) / store.PREDICTIONS).unlink()
    edit(one(runs), lambda content: None)
    assert only(one(runs), tmp_path / "b").reason == "not recomputed: it holds no restored images"


def test_forged_scores_do_not_survive_their_restored_images(runs: Path, tmp_path: Path) -> None:
    from benchbench.evaluation.score import means

    folder = one(runs)
    table = store.read_scores(folder)
    table["psnr"] += 0.5
    store.write_scores(folder, table)
    edit(folder, lambda content: content.update(scores=means(store.read_scores(folder))))
    assert "by its restored image" in refusal(folder, tmp_path / "into")


@pytest.mark.parametrize(("change", "reason"), [
    (lambda images: images[1:], "not float32"),
    (lambda images: images.double(), "not float32"),
    (lambda images: images * 3, "outside [0, 1]"),
    (lambda images: images * float("nan"), "outside [0, 1]"),
])  # fmt: skip
def test_restored_images_that_are_none_are_refused(
    change: Callable[..., Any], reason: str, runs: Path, tmp_path: Path
) -> None:
    path = one(runs) / store.PREDICTIONS
    save_tensors(path, {RESTORED: change(load_tensors(path)[RESTORED])})
    edit(one(runs), lambda content: None)
    assert reason in refusal(one(runs), tmp_path / "into")


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────

FORGERIES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "schema": (lambda c: c.update(schema=99), "not of schema"),
    "protocol": (lambda c: c["protocol"].update(version=99), "protocol 99"),
    "splits": (lambda c: c["protocol"].update(splits={"train": 0.9}), "differs from 1 in splits"),
    "key": (lambda c: c.update(key="../../../../tmp/x"), "what it tells of its trial gives"),
    "another key": (lambda c: (c.update(key="0" * 16), c["trial"].update(key="0" * 16)), "what it tells of its trial gives"),
    "other code": (lambda c: c["trial"].update(model_digest="0" * 16), "what it tells of its trial gives"),
    "other weights": (lambda c: c["trial"].update(seed=7), "what it tells of its trial gives"),
    "time to come": (lambda c: c.update(finished_at="2999-01-01T00:00:00+00:00"), "no time before now"),
    "no time": (lambda c: c.update(finished_at="soon"), "no time before now"),
    "time without a zone": (lambda c: c.update(finished_at="2026-01-01T00:00:00"), "no time before now"),
    "size": (lambda c: c["trial"].update(size=10**9), "at `$.trial.size`"),
    "name": (lambda c: c["trial"].update(model=["a"]), "Expected `str`, got `array` - at `$.trial.model`"),
    "mean": (lambda c: c["scores"]["psnr"].update(mean=99.0), "mean of psnr is 99.0 in its summary"),
    "number of images": (lambda c: c["scores"]["psnr"].update(n=10**6), "n of psnr"),
    "text for a mean": (lambda c: c["scores"]["psnr"].update(mean="<script>"), "Expected `float`, got `str` - at `$.scores[...].mean`"),
    "score without images": (lambda c: c["scores"].update(ssim={"mean": 1.0, "std": 0.0, "n": 5}), "ssim is in the summary only"),
    "score without facts": (lambda c: c["metrics"].pop("psnr"), "psnr"),
    "role": (lambda c: c["model"].update(role="baseline"), "must be installed here"),
    "parameters": (lambda c: c["model"].update(parameters="many"), "Expected `int`, got `str` - at `$.model.parameters`"),
    "digits": (lambda c: c["metrics"]["psnr"].update(digits="x"), "Expected `int`, got `str` - at `$.metrics[...].digits`"),
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_result_is_refused(forgery: str, runs: Path, tmp_path: Path) -> None:
    change, reason = FORGERIES[forgery]
    edit(one(runs), change)
    assert reason in refusal(one(runs), tmp_path / "into")


@pytest.mark.parametrize("name", [store.SCORES, store.SAMPLES, store.WEIGHTS, store.PREDICTIONS])
def test_a_file_that_was_altered_is_refused(name: str, runs: Path, tmp_path: Path) -> None:
    with (one(runs) / name).open("ab") as file:
        file.write(b"\0")
    assert f"{name} is missing or was altered" in refusal(one(runs), tmp_path / "into")


def claim(content: dict[str, Any], **facts: Any) -> None:
    """Change what a result tells of its trial, and let its key fit."""
    content["trial"].update(facts)
    content["key"] = content["trial"]["key"] = key_of(
        msgspec.convert(content["trial"], TrialFacts), content["protocol"]["version"]
    )


def test_a_row_that_stands_is_not_displaced(runs: Path, tmp_path: Path) -> None:
    list(merge([one(runs)], tmp_path / "into"))
    edit(one(runs), lambda content: claim(content, model_digest="0" * 16))
    reason = refusal(one(runs), tmp_path / "into")
    assert "median (seed None) stands there already" in reason
    assert str(tmp_path / "into") in reason
    shutil.rmtree(tmp_path / "into")
    assert only(one(runs), tmp_path / "into").verdict == "added"


def test_of_an_edited_models_results_the_newest_is_taken_in(runs: Path, tmp_path: Path) -> None:
    folder = one(runs)
    older = folder.with_name("0" * 16)
    shutil.copytree(folder, older)
    edit(
        older,
        lambda content: (
            claim(content, model_digest="0" * 16),
            content.update(finished_at="2020-01-01T00:00:00+00:00"),
        ),
    )
    assert [v.verdict for v in merge([folder.parent], tmp_path / "into")] == ["older", "added"]
    assert one(tmp_path / "into").name == folder.name


@pytest.mark.parametrize("fact", ["unit", "digits", "higher_is_better"])
def test_a_metric_that_is_told_of_otherwise_is_refused(fact: str, runs: Path, tmp_path: Path) -> None:
    list(merge([one(runs, "identity")], tmp_path / "into"))
    other = {"unit": "bel", "digits": 9, "higher_is_better": False}[fact]
    edit(one(runs), lambda content: content["metrics"]["psnr"].update({fact: other}))
    assert f"{fact} of psnr is {other!r}" in refusal(one(runs), tmp_path / "into")


def test_other_data_of_the_same_name_is_refused(runs: Path, tmp_path: Path) -> None:
    list(merge([one(runs, "identity")], tmp_path / "into"))
    edit(one(runs), lambda content: claim(content, fingerprint="0" * 16))
    assert "its data is 0000000000000000" in refusal(one(runs), tmp_path / "into")


@pytest.mark.parametrize("data_here", [True, False])
def test_other_test_images_are_refused(
    data_here: bool, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchbench.evaluation.score import means

    list(merge([one(runs, "identity")], tmp_path / "into"))
    if not data_here:
        monkeypatch.setenv("BENCHBENCH_CACHE", str(tmp_path / "empty"))
    folder = one(runs)
    store.write_scores(folder, store.read_scores(folder).iloc[1:])  # without the worst, say
    edit(folder, lambda content: content.update(scores=means(store.read_scores(folder))))
    assert "not scored on the test images" in refusal(folder, tmp_path / "into")


def test_another_score_of_the_same_trial_is_refused(runs: Path, tmp_path: Path) -> None:
    from benchbench.evaluation.score import means

    list(merge([runs], tmp_path / "into"))
    folder = one(runs)
    (folder / store.PREDICTIONS).unlink()
    store.write_scores(folder, store.read_scores(folder) + np.float32(1))
    edit(folder, lambda content: content.update(scores=means(store.read_scores(folder))))
    assert "one of them is wrong" in refusal(folder, tmp_path / "into")


def test_a_link_is_refused(runs: Path, tmp_path: Path) -> None:
    path = one(runs) / store.SCORES
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert "is a link" in refusal(one(runs), tmp_path / "into")


def test_a_file_beyond_measure_is_refused(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MOST_BYTES, store.SCORES, 10)
    assert "more than the 10 that are taken in" in refusal(one(runs), tmp_path / "into")
    archive = pack_zip(one(runs), tmp_path / "a.zip")
    assert "larger than the 10 bytes" in refusal(archive, tmp_path / "into")


@pytest.mark.parametrize("name", ["../result.json", "/result.json", "a/../../result.json", "C:\\result.json"])
def test_an_archive_with_a_path_out_of_it_is_refused(name: str, runs: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, (one(runs) / store.RESULT).read_bytes())
    assert "no path within it" in refusal(tmp_path / "a.zip", tmp_path / "into")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_an_archive_with_links_or_devices_is_refused(kind: bytes, tmp_path: Path) -> None:
    info = tarfile.TarInfo("mine/result.json")
    info.type, info.linkname = kind, "/etc/passwd"
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.addfile(info)
    assert "link or no regular file" in refusal(tmp_path / "a.tar", tmp_path / "into")


def test_a_zip_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mine/result.json", b" " * (MOST_BYTES[store.RESULT] + 1))
    assert "larger than" in refusal(tmp_path / "a.zip", tmp_path / "into")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    assert "cannot be unpacked" in refusal(tmp_path / "a.zip", tmp_path / "into")


def test_a_truncated_archive_is_refused(runs: Path, tmp_path: Path) -> None:
    path = pack_tar(one(runs), tmp_path / "a.tar.gz")
    path.write_bytes(path.read_bytes()[:-5000])
    assert "cannot be unpacked" in refusal(path, tmp_path / "into")


def test_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "there is no result.json" in refusal(tmp_path / "empty", tmp_path / "into")
    assert "no such folder" in refusal(tmp_path / "nowhere", tmp_path / "into")


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_tells_each_verdict_and_fails_if_one_was_refused(runs: Path, tmp_path: Path) -> None:
    call = ["leaderboard", "merge", str(runs), "--into", str(tmp_path / "into"), "--json"]
    edit(one(runs), lambda content: content["protocol"].update(version=99))
    found = CliRunner().invoke(main, call)
    assert found.exit_code == 1
    verdicts = {Path(v["source"]).parent.name: v["verdict"] for v in json.loads(found.output)}
    assert verdicts == {"identity": "added", "median": "refused", "oracle": "added"}
    again = CliRunner().invoke(main, call[:-1])
    assert again.exit_code == 1
    assert len([line for line in again.stderr.splitlines() if line.startswith("refused: ")]) == 1


def test_a_light_result_is_run_again_when_a_metric_is_missing(runs: Path, tmp_path: Path) -> None:
    """Its weights are gone, so nothing can be added to it."""
    list(merge([runs], tmp_path / "into"))
    call = [*RUN, "--metric", "mae", "--out", str(tmp_path / "into")]
    assert CliRunner().invoke(main, call).exit_code == 0
    content = store.read(one(tmp_path / "into")).content
    assert {"psnr", "mae"} <= content["scores"].keys()
    assert store.WEIGHTS in content["files"]


def test_what_else_an_archive_holds_is_passed_over(tmp_path: Path) -> None:
    """A folder entry or a stranger's file beside the result harms nothing."""
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        folder = tarfile.TarInfo("mine")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        readme = tarfile.TarInfo("mine/README")
        readme.size = 3
        archive.addfile(readme, io.BytesIO(b"hi\n"))
    assert "there is no result.json" in refusal(tmp_path / "a.tar", tmp_path / "into")
