from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchbench import find_weights, missing_weights, read_weights, weight_folders


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
    assert find_weights("a.pth") == hub / "a.pth"
    assert missing_weights("a.pth") is None
    assert read_weights("a.pth")["w"].item() == 1


def test_the_named_folder_goes_first(hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(hub, "a.pth", 1)
    store(tmp_path / "own", "a.pth", 2)
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(tmp_path / "own"))
    assert weight_folders() == [tmp_path / "own", hub]
    assert read_weights("a.pth")["w"].item() == 2


def test_the_reason_names_what_is_missing_and_nothing_else(hub: Path) -> None:
    store(hub, "a.pth", 1)
    reason = missing_weights("a.pth", "b.pth", "c.pth")
    assert reason is not None
    assert reason.startswith(f"needs b.pth and c.pth in {hub}")
    assert "a.pth" not in reason
    assert "BENCHBENCH_WEIGHTS" in reason


def test_reading_what_is_missing_is_an_error_with_that_reason() -> None:
    with pytest.raises(FileNotFoundError, match=r"needs b\.pth in"):
        read_weights("b.pth")


class Malice:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("executed",)


def test_a_file_cannot_execute_code(hub: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save(Malice(), hub / "a.pth")
    with pytest.raises(Exception, match=r"(?i)weights"):
        read_weights("a.pth")
    assert "executed" not in capsys.readouterr().out
