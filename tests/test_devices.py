"""What a machine grants: jobs, cores and memory, in containers too; amounts of memory as text."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchbench import SpecError, devices


def test_jobs_are_as_many_as_cores_and_memory_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, gigabytes, threads, jobs in ((1, 8, 1, 1), (2, 24, 1, 2), (16, 12, 1, 8), (16, 64, 4, 4), (1, 1, 1, 1)):
        monkeypatch.setattr("benchbench.devices.cores", lambda cores=cores: cores)
        monkeypatch.setattr("benchbench.devices.memory", lambda gigabytes=gigabytes: gigabytes * 10**9)
        assert devices.default_jobs("cpu", threads) == jobs


@pytest.mark.parametrize(
    ("files", "cores", "gigabytes"),
    [({}, 64, 256), ({"pod/cpu.max": "250000 100000", "pod/memory.max": "8000000000"}, 3, 8),
     ({"cpu.max": "400000 100000", "pod/cpu.max": "max 100000", "pod/memory.max": "max"}, 4, 256),
     ({"pod/cpu.max": "20000 100000", "memory.max": "16000000000"}, 1, 16)],
)  # fmt: skip
def test_a_container_is_given_no_more_jobs_than_it_may_do(
    files: dict[str, str], cores: int, gigabytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pod").mkdir()
    for name, text in {"own": "1:name=systemd:/\n0::/pod\n", **files}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr("benchbench.devices.CONTROL_GROUPS", tmp_path)
    monkeypatch.setattr("benchbench.devices.OWN_GROUP", tmp_path / "own")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64), raising=False)
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(total=256 * 10**9))
    assert (devices.cores(), devices.memory()) == (cores, gigabytes * 10**9)


@pytest.mark.parametrize("memory", ["4", "GB", "4 bananas", "0GB", "-1GB", "1e3GB", ""])
def test_what_is_no_amount_of_memory_is_refused(tmp_path: Path, memory: str) -> None:
    with pytest.raises(SpecError, match="is no amount of memory"):
        devices.parse_bytes(memory)


@pytest.mark.parametrize(
    ("text", "size", "shown"),
    [
        ("4GB", 4 * 10**9, "4 GB"),
        ("512 MiB", 2**29, "537 MB"),
        ("1.5gb", 1_500_000_000, "1.5 GB"),
        ("2TB", 2 * 10**12, "2 TB"),
    ],
)
def test_amounts_of_memory_are_read_and_shown(text: str, size: int, shown: str) -> None:
    assert devices.parse_bytes(text) == size
    assert devices.format_bytes(size) == shown


@pytest.mark.slow
def test_bf16_is_not_used_where_onednn_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some processors have it, and oneDNN is told to leave it, as where one imitates an older processor."""
    asks = "import torch; from benchbench.devices import has_bf16; print(has_bf16(torch.device('cpu')))"
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    assert subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True).stdout == "False\n"
