"""zip and tar: the same images as the folder that was packed, and what is hostile or broken in an archive."""

from __future__ import annotations

import io
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from photographs import disc, encoded, noise, save

from benchbench import DataError, Images
from benchbench_plugins.datasets import _archives
from benchbench_plugins.datasets.folder import Folder
from benchbench_plugins.datasets.tar import Tar
from benchbench_plugins.datasets.zip import Zip

PNG = encoded(noise(16, 16), "PNG")
Pack = Callable[[dict[str, bytes]], Images]


def pack_zip(path: Path, files: dict[str, bytes]) -> Zip:
    with zipfile.ZipFile(path / "set.zip", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that come twice
        for name, content in files.items():
            archive.writestr(name.removesuffix("#2"), content)
    return Zip(str(path / "set.zip"))


def pack_tar(path: Path, files: dict[str, bytes]) -> Tar:
    with tarfile.open(path / "set.tar.gz", "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name.removesuffix("#2"))
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return Tar(str(path / "set.tar.gz"))


packs = pytest.mark.parametrize("pack", [pack_zip, pack_tar])


@packs
@pytest.mark.parametrize("above", ["", "portraits/", "a/b/"])
def test_an_archive_holds_what_its_folder_held(tmp_path: Path, pack: Callable[..., Zip | Tar], above: str) -> None:
    root = tmp_path / "set"
    for i in range(3):
        save(root / "images", f"sub/{i}.png", noise(16, 16, seed=i))
    save(root / "masks", "sub/0.png", disc(16, 16))
    (root / "images/broken.jpg").write_bytes(b"no image")
    (root / "attributes.csv").write_text("file,identity,age\n0.png,a,1\n1.png,a,2\n2.png,b,3\nbroken.jpg,c,4\n")
    files = {above + f.relative_to(root).as_posix(): f.read_bytes() for f in root.rglob("*") if f.is_file()}
    files["__MACOSX/._0.png"] = b"rubbish"
    plain, packed = Folder(str(root / "images")).load(16), pack(tmp_path, files).load(16)
    assert packed.ids == plain.ids
    assert packed.pixels.equal(plain.pixels)
    assert packed.masks is not None
    assert plain.masks is not None
    assert packed.masks.equal(plain.masks)
    assert packed.attributes == plain.attributes
    assert packed.identities == plain.identities
    assert packed.skipped == plain.skipped


def test_names_as_powershell_writes_them_are_paths(tmp_path: Path) -> None:
    dataset = pack_zip(tmp_path, {"set\\images\\a.png": PNG, "set\\masks\\a.png": encoded(disc(16, 16), "PNG")})
    images = dataset.load(16)
    assert images.ids == ["a"]
    assert images.masks is not None


@packs
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../out.png", "leads out"),
        ("a/../../out.png", "leads out"),
        ("/tmp/out.png", "leads out"),
        ("C:\\out.png", "leads out"),
        ("good.png#2", "name already"),
        ("good.png/inside.png", "name already"),
        (f"{'x' * 300}.png", "cannot be unpacked"),
    ],
)
def test_a_hostile_name_is_listed_and_nothing_leaves(
    tmp_path: Path, pack: Callable[..., Zip | Tar], name: str, why: str
) -> None:
    images = pack(tmp_path, {"good.png": PNG, name: PNG}).load(16)
    assert images.ids == ["good"]
    [(_, reason)] = images.skipped
    assert why in reason
    assert not list(tmp_path.parent.glob("out.png"))
    assert not Path("/tmp/out.png").exists()


def test_links_and_devices_in_a_tar_are_listed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "set.tar", "w") as archive:
        for name, kind in (
            ("link.png", tarfile.SYMTYPE),
            ("hard.png", tarfile.LNKTYPE),
            ("pipe.png", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("good.png")
        info.size = len(PNG)
        archive.addfile(info, io.BytesIO(PNG))
    images = Tar(str(tmp_path / "set.tar")).load(16)
    assert images.ids == ["good"]
    why = dict(images.skipped)
    assert "link" in why["link.png"]
    assert "link" in why["hard.png"]
    assert "regular" in why["pipe.png"]


def test_a_link_and_an_encrypted_file_in_a_zip_are_listed(tmp_path: Path) -> None:
    dataset = pack_zip(tmp_path, {"good.png": PNG, "secret.png": PNG})
    content = bytearray((tmp_path / "set.zip").read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1  # the flag of encryption, in the last entry of the directory
    (tmp_path / "set.zip").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "set.zip", "a") as archive:
        link = zipfile.ZipInfo("link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    images = dataset.load(16)
    assert images.ids == ["good"]
    assert [file for file, _ in images.skipped] == ["secret.png", "link.png"]


@pytest.mark.parametrize("dataset", [Zip, Tar])
@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04" + bytes(60), b"\x1f\x8b\x08" + bytes(60)])
def test_what_is_no_archive_is_an_error_of_one_line(tmp_path: Path, dataset: type[Zip | Tar], content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(DataError, match=rf"{dataset.name}: '.*x' is no archive|holds no images") as error:
        dataset(str(tmp_path / "x")).load(16)
    assert "\n" not in str(error.value)
    assert "benchbench-" not in str(error.value)


@packs
def test_a_truncated_archive_is_refused_not_read_in_part(tmp_path: Path, pack: Callable[..., Zip | Tar]) -> None:
    dataset = pack(tmp_path, {f"{i}.png": encoded(noise(16, 16, seed=i), "PNG") for i in range(9)})
    path = Path(dataset.path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match="is no archive, or a broken one"):
        dataset.load(16)


def test_more_than_the_disk_holds_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_archives.shutil, "disk_usage", lambda path: type("", (), {"free": 10})())
    with pytest.raises(DataError, match=r"10 bytes left.*TMPDIR"):
        pack_zip(tmp_path, {"a.png": PNG}).load(16)


@packs
def test_errors_name_the_archive_and_what_was_unpacked_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[..., Zip | Tar]
) -> None:
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    dataset = pack(tmp_path, {"x/a.png": PNG, "x/attributes.csv": b"what\n"})
    with pytest.raises(DataError, match=r"set\.(zip|tar\.gz)/attributes\.csv: its first line"):
        dataset.load(16)
    assert not list(place.iterdir())


@pytest.mark.parametrize(
    ("path", "label"), [("/srv/My Faces.zip", "zip-my-faces"), ("x.ZIP", "zip-x"), ("/", "zip-images")]
)
def test_label_and_missing_file(path: str, label: str) -> None:
    assert Zip(path).label == label
    assert Tar("a/faces.tar.gz", limit=3).label == "tar-faces,limit=3"
    with pytest.raises(DataError, match=r"zip:FILE\.zip"):
        Zip("/none/" + path).load(16)


def test_version_follows_the_file(tmp_path: Path) -> None:
    dataset = pack_zip(tmp_path, {"a.png": PNG})
    before = dataset.version()
    pack_zip(tmp_path, {"a.png": PNG, "b.png": PNG})
    assert dataset.version() != before
