from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import torch
import toys
from click.testing import CliRunner, Result

from benchbench import DataError, Weights, find_weights, missing_weights, read_weights, weight_folders
from benchbench.cli import main
from benchbench.contracts.weights import download_weights

A, B, C = (Weights(f"{letter}.pth") for letter in "abc")


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder of torch hub's, and none named by hand."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr("torch.hub._hub_dir", None)
    monkeypatch.delenv("BENCHBENCH_WEIGHTS", raising=False)
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def store(folder: Path, name: str, value: float) -> None:
    folder.mkdir(exist_ok=True)
    torch.save({"w": torch.tensor([value])}, folder / name)


def test_weights_in_the_hub_are_found_and_read(hub: Path) -> None:
    store(hub, "a.pth", 1)
    assert find_weights(A) == hub / "a.pth"
    assert missing_weights(A) is None
    assert read_weights(A)["w"].item() == 1


def test_the_named_folder_goes_first(hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(hub, "a.pth", 1)
    store(tmp_path / "own", "a.pth", 2)
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(tmp_path / "own"))
    assert weight_folders() == [tmp_path / "own", hub]
    assert read_weights(A)["w"].item() == 2


def test_the_reason_names_what_is_missing_and_nothing_else(hub: Path) -> None:
    store(hub, "a.pth", 1)
    reason = missing_weights(A, B, C)
    assert reason is not None
    assert reason.startswith(f"needs b.pth and c.pth in {hub}")
    assert "a.pth" not in reason
    assert "BENCHBENCH_WEIGHTS" in reason
    assert "download" not in reason  # nobody says where from
    assert missing_weights(C, Weights("d.pth", "file:///d.pth")).endswith("benchbench weights --download d.pth")  # type: ignore[union-attr]


def test_reading_what_is_missing_is_an_error_with_that_reason() -> None:
    with pytest.raises(FileNotFoundError, match=r"needs b\.pth in"):
        read_weights(B)


class Malice:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("executed",)


def test_a_file_cannot_execute_code(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save(Malice(), hub / "a.pth")
    with pytest.raises(Exception, match=r"(?i)weights"):
        read_weights(A)
    assert "executed" not in capsys.readouterr().out


CONTENT = b"weights of a network" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def published(tmp_path: Path) -> Iterator[str]:
    """The address of a server that holds net.pth."""
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "net.pth").write_bytes(CONTENT)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "public"))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_download_lies_where_it_is_looked_for(published: str, hub: Path) -> None:
    net = Weights("net.pth", f"{published}/net.pth", SHA256[:8])
    assert download_weights(net, progress=False) == hub / "net.pth" == find_weights(net)
    assert (hub / "net.pth").read_bytes() == CONTENT


def test_the_named_folder_gets_it_if_there_is_one(
    published: str, hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(tmp_path / "new" / "own"))
    assert (
        download_weights(Weights("net.pth", f"{published}/net.pth"), progress=False).parent == tmp_path / "new" / "own"
    )
    assert list(hub.iterdir()) == []


@pytest.mark.parametrize(("file", "sha256", "message"), [
    ("net.pth", "0000", "invalid hash"),
    ("gone.pth", "", "404"),
])  # fmt: skip
def test_what_is_not_the_published_file_is_not_kept(
    published: str, hub: Path, file: str, sha256: str, message: str
) -> None:
    with pytest.raises(DataError, match=rf"net\.pth could not be had from {published}/{file} .*{message}.*put it into"):
        download_weights(Weights("net.pth", f"{published}/{file}", sha256), progress=False)
    assert list(hub.iterdir()) == []


@pytest.mark.parametrize(("url", "message"), [
    ("", "cannot be downloaded: put the file into"),
    ("http://127.0.0.1:1/net.pth", "could not be had"),
])  # fmt: skip
def test_no_way_to_it_is_one_line(hub: Path, url: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        download_weights(Weights("net.pth", url), progress=False)
    assert "\n" not in str(caught.value)
    assert list(hub.iterdir()) == []


@pytest.fixture
def command(published: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A metric that wants net.pth, and other.pth that nobody publishes, among the toys on the command line."""
    net = Weights("net.pth", f"{published}/net.pth", SHA256[:8], megabytes=0.02)
    monkeypatch.setattr(toys.Peak, "weights", (net, Weights("other.pth")))
    monkeypatch.setattr(toys.TinyConv, "weights", (net,))
    monkeypatch.setattr("benchbench.cli.options.load_registry", lambda *_, **__: toys.registry())


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["weights", *arguments])


@pytest.mark.usefixtures("command")
def test_the_list_says_what_is_missing_who_wants_it_and_how_to_get_it(hub: Path, published: str) -> None:
    text = call().output
    assert "net.pth: missing, 0.02 MB" in text
    assert "for model tiny-conv, metric peak" in text
    assert f"{published}/net.pth (SHA-256 {SHA256[:8]}" in text
    assert "other.pth: missing" in text
    assert "benchbench weights --download" in text
    assert list(hub.iterdir()) == []  # listing fetches nothing


@pytest.mark.usefixtures("command")
def test_the_command_fetches_what_it_is_told_and_no_more(hub: Path) -> None:
    assert call("--download", "net.pth").exit_code == 0
    assert [path.name for path in hub.iterdir()] == ["net.pth"]
    before = (hub / "net.pth").stat().st_mtime_ns
    entries = json.loads(CliRunner().invoke(main, ["weights", "net.pth", "--download", "--json"]).stdout)
    assert [(e["name"], e["state"], e["path"]) for e in entries] == [("net.pth", "here", str(hub / "net.pth"))]
    assert (hub / "net.pth").stat().st_mtime_ns == before


@pytest.mark.usefixtures("command")
def test_a_damaged_file_is_told_and_replaced(hub: Path) -> None:
    (hub / "net.pth").write_bytes(CONTENT[:-1])
    assert f"net.pth: not as published: {hub / 'net.pth'}" in call().output
    assert call("--download", "net.pth").exit_code == 0
    assert (hub / "net.pth").read_bytes() == CONTENT


@pytest.mark.usefixtures("command")
def test_unknown_names_and_files_that_nobody_publishes_are_errors() -> None:
    unknown, unpublished = call("net.pht"), call("--download", "other.pth")
    assert (unknown.exit_code, unpublished.exit_code) == (2, 2)
    assert "no component uses weights named 'net.pht': did you mean 'net.pth'" in unknown.output
    assert "other.pth cannot be downloaded: put the file into" in unpublished.output
