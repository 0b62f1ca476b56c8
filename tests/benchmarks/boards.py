"""How long the boards of many results take, and how much memory.

    python tests/benchmarks/boards.py --results 1000 --images 200 --boards 14

Made-up results, with the columns that real ones have, are written first; a fresh process then builds all boards of them.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

import results

from benchbench.data.degraded import DegradedSet
from benchbench.evaluation.pictures import write_samples

METRICS = 12  # each over the whole image and inside the face
BUILD = """
import re, sys
from benchbench.cli import main
try:
    main(sys.argv[1:])
finally:  # the system's own count of a child's memory begins with what its parent had
    print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


def write(out: Path, count: int, images: int, boards: int, pictures: bool) -> None:
    """`count` results on that many boards."""
    results.IMAGES = images
    rng = np.random.default_rng(0)
    metrics = {"psnr": results.metric(unit="dB")} | {
        f"metric-{i}": results.metric(order=20 + i) for i in range(METRICS - 1)
    }
    columns = [name + region for name in metrics for region in ("", "@face")]
    picture = samples(out) if pictures else None
    for number in range(count):
        model, board = divmod(number, boards)
        results.write(
            out, {name: float(rng.normal(24, 2)) for name in columns}, degradation=f"blur:radius={board + 1}",
            model=f"net:width={model + 1}" if model else "identity", role="" if model else "baseline", metrics=metrics,
            noise=0.5, signs=rng.normal(size=images), samples=picture,
        )  # fmt: skip


def samples(folder: Path) -> bytes:
    """A picture of samples as results have it."""
    import torch

    source = torch.Generator().manual_seed(0)
    faces = torch.randint(0, 256, (8, 3, 16, 16), generator=source, dtype=torch.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "samples.png"
    write_samples(path, DegradedSet([str(i) for i in range(8)], faces, faces, None, None, {}), faces / 255, range(8))
    content = path.read_bytes()
    path.unlink()
    return content


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--results", type=int, default=1000)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--boards", type=int, default=14)
    parser.add_argument("--pictures", action=argparse.BooleanOptionalAction, default=True)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        out = Path(folder) / "results"
        write(out, given.results, given.images, given.boards, given.pictures)
        before = time.perf_counter()
        command = ["leaderboard", "build", "--runs", str(out), "--out", str(Path(folder) / "boards")]
        done = subprocess.run([sys.executable, "-c", BUILD, *command], check=True, stdout=subprocess.PIPE, text=True)
        seconds = time.perf_counter() - before
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{given.results} results of {given.images} images on {given.boards} boards: {seconds:.1f} s "
        f"({used.ru_utime + used.ru_stime:.1f} s of processor time), {int(done.stdout.split()[-1]) / 1024:.0f} MiB at most"
    )


if __name__ == "__main__":
    main()
