"""Archives of results: as good as folders, or refused before they do harm."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from submitting import one, only, pack_tar, pack_zip, refusal

from benchbench.boards.submissions.archive import MOST_BYTES
from benchbench.results import store


@pytest.mark.parametrize(("pack", "name"), [(pack_zip, "a.zip"), (pack_tar, "a.tar.gz")])
def test_archives_are_as_good_as_folders(pack: Callable[..., Path], name: str, runs: Path, tmp_path: Path) -> None:
    verdict = only(pack(one(runs), tmp_path / name), tmp_path / "into")
    assert verdict.verdict == "added", verdict
    assert one(tmp_path / "into").name == one(runs).name


@pytest.mark.parametrize(
    "name",
    ["../result.json", "/result.json", "a/../../result.json", "C:\\result.json", "..\\result.json", "\\a\\result.json"],
)
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


def test_paths_with_backslashes_as_powershell_5_writes_them_are_read(runs: Path, tmp_path: Path) -> None:
    folder = one(runs)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("mine\\", b"")
        for file in folder.iterdir():
            archive.writestr(f"mine\\{folder.name}\\{file.name}", file.read_bytes())
    verdict = only(tmp_path / "a.zip", tmp_path / "into")
    assert verdict.verdict == "added", verdict
