"""Time to quality: how much sooner than a plain PyTorch loop benchbench has the loop's validation PSNR.

    python tests/benchmarks/quality.py --model autoencoder --model unet --model nafnet --seconds 120

The plain loop is what people write (`training.py` has its twin): float32, a DataLoader over pairs of tensors, Adam, half a
cosine of the learning rate. It trains for so many seconds; then benchbench trains any-time, from the same weights on the
same images, until its validation PSNR is that of the loop. Both have all cores, and the clocks of both stand still while
they are validated. Between two validations of ours, which are a quarter of the time apart, PSNR is taken to rise evenly in
the logarithm of time. On a processor of another kind: ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch.utils.data import DataLoader, TensorDataset
from training import Bench, Lane

from benchbench import devices
from benchbench.contracts.model import Batch
from benchbench.registry.registry import registry as _registry
from benchbench.running import plan


class Reached(Exception):
    """The PSNR is there."""


def plain_psnr(bench: Bench, seconds: float) -> float:
    """The validation PSNR of a plain loop after so long."""
    module, recipe = copy.deepcopy(bench.start).train(), bench.model.recipe
    assert recipe is not None
    degraded, clean = (torch.cat(tensors) for tensors in zip(*bench.pairs, strict=True))
    loader = DataLoader(TensorDataset(degraded, clean), bench.batch, shuffle=True, drop_last=True)
    optimizer = torch.optim.Adam(module.parameters(), recipe.lr)
    began, seen, spent = time.perf_counter(), 0, 0.0
    while spent < seconds:
        for given, truth in loader:
            if (spent := time.perf_counter() - began) >= seconds:
                break
            optimizer.param_groups[0]["lr"] = recipe.lr * (1 + math.cos(math.pi * spent / seconds)) / 2
            optimizer.zero_grad()
            loss = bench.model.loss(module(given), Batch(given, truth))
            loss.backward()
            optimizer.step()
            loss.item()
            seen += len(given)
    psnr = bench.psnr(module)
    print(f"  plain loop   {psnr:6.2f} dB after {seconds:6.1f} s, {seen:7} images", flush=True)
    return psnr


def time_to(bench: Bench, psnr: float, most: float) -> float:
    """Seconds until benchbench has this PSNR; infinite if it has not after `most`."""
    history: list[Mapping[str, float]] = []

    def follow(progress: Mapping[str, float], rows: Sequence[Mapping[str, float]]) -> None:
        history[:] = rows
        if rows and (rows[-1]["validation_psnr"] >= psnr or rows[-1]["seconds"] > most):
            raise Reached

    trainer = bench.trainer(budget=f"{most}s")
    with contextlib.suppress(Reached):
        trainer.run(bench.scratch / "quality", follow)
    before, last = history[-2] if len(history) > 1 else history[-1], history[-1]
    for row in history:
        print(f"    {row['seconds']:7.2f} s  {row['validation_psnr']:6.2f} dB, {row['images']:7.0f} images", flush=True)
    if last["validation_psnr"] < psnr:
        return math.inf
    rise = last["validation_psnr"] - before["validation_psnr"]
    part = (psnr - before["validation_psnr"]) / rise if rise > 0 else 1.0
    return math.exp(math.log(before["seconds"]) * (1 - part) + math.log(last["seconds"]) * part)


def measure(bench: Bench, seconds: float, threads: int) -> None:
    found = Lane(lambda: plain_psnr(bench, seconds), threads, trial=False).result()
    ours = Lane(lambda: time_to(bench, found, seconds), threads).result()
    print(f"  benchbench   {found:6.2f} dB after {ours:6.1f} s: {seconds / ours:.2f} times sooner", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--model", action="append", help="[default: autoencoder, unet and nafnet]")
    parser.add_argument("--degrade", default="pixelate")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--faces", type=int, default=1200, help="images of the data set, before it is split")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--threads", type=int, default=devices.cores())
    given = parser.parse_args()
    torch.set_num_threads(1)
    registry = _registry()
    [degradation] = plan.choose(registry, "degradation", [given.degrade])
    for model in plan.choose(registry, "model", given.model or ["autoencoder", "unet", "nafnet"]):
        print(
            f"{model}, {given.size} px, {given.threads} threads, bf16: {devices.has_bf16(torch.device('cpu'))}",
            flush=True,
        )
        with TemporaryDirectory() as scratch:
            bench = Bench(model, degradation, given.size, 1, Path(scratch), faces=given.faces)
            measure(bench, given.seconds, given.threads)


if __name__ == "__main__":
    main()
