"""Training, side by side: a plain PyTorch loop, deepinv's Trainer where it is installed, and benchbench.

    python tests/benchmarks/training.py --model autoencoder --model nafnet --size 64

The same model from the same weights, the same batches' size, the same number of images seen (whole epochs), in turn for
some rounds; ratios are of medians. The plain loop is what people write: float32, a DataLoader over pairs of tensors, Adam,
one `loss.item()` a step. `bare` is benchbench's steps and validations with nothing around them, `whole` what a trial does:
what the harness itself costs is their difference. `two jobs` is what `benchbench run` does on two cores: two trials at once,
a thread each. Each way has a process of its own, and ours is set up as that of a trial.
"""

from __future__ import annotations

import argparse
import copy
import multiprocessing
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchbench import devices
from benchbench.contracts.budget import Budget
from benchbench.contracts.degradation import Degradation
from benchbench.contracts.model import Batch, Model, Task
from benchbench.data.batches import TrainingSet
from benchbench.data.degraded import degraded_set
from benchbench.files import cache_folder
from benchbench.registry.registry import registry as _registry
from benchbench.results.trial import Trial
from benchbench.running import plan
from benchbench.training import step
from benchbench.training.trainer import Trainer
from benchbench.training.ways import make_trainer


class Bench:
    """One model with its data, and each way to train it for some images."""

    def __init__(
        self, model: Model, degradation: Degradation, size: int, images: int, scratch: Path, faces: int = 600
    ) -> None:
        cache = cache_folder()
        portraits = plan.prepare_data([_registry().resolve("dataset", f"faces:n={faces}")], size, cache)[0]
        self.model, self.scratch = model, scratch
        self.set = TrainingSet(portraits, degradation, torch.device("cpu"))
        self.validation = degraded_set(portraits, "validation", degradation, cache)
        torch.manual_seed(0)
        self.start = model.build(Task(size, degradation, 3, *self.set.statistics()))
        self.pairs = [(b.degraded.contiguous(), b.clean) for b in self.set.in_order(0)]
        assert model.recipe is not None
        self.batch = min(model.recipe.batch, len(self.set))
        self.epoch_steps = len(self.set) // self.batch
        self.epochs = max(1, round(images / self.batch / self.epoch_steps))
        self.steps = self.epochs * self.epoch_steps
        self.images = self.steps * self.batch

    def plain(self) -> nn.Module:
        module = copy.deepcopy(self.start).train()
        degraded, clean = (torch.cat(tensors) for tensors in zip(*self.pairs, strict=True))
        loader = DataLoader(TensorDataset(degraded, clean), self.batch, shuffle=True, drop_last=True)
        optimizer = torch.optim.Adam(module.parameters(), self.model.recipe.lr)  # type: ignore[union-attr]
        for _ in range(self.epochs):
            for seen, truth in loader:
                optimizer.zero_grad()
                loss = self.model.loss(module(seen), Batch(seen, truth))
                loss.backward()
                optimizer.step()
                loss.item()
        return module

    def deepinv(self) -> nn.Module:
        import deepinv

        degraded, clean = (torch.cat(tensors) for tensors in zip(*self.pairs, strict=True))
        loader = DataLoader(TensorDataset(clean, degraded), self.batch, shuffle=True, drop_last=True)
        own = copy.deepcopy(self.start).train()

        class Restorer(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.own = own

            def forward(self, y: Tensor, physics: object = None, **_: object) -> Tensor:
                return self.own(y)

        trainer = deepinv.Trainer(
            model=Restorer(), physics=deepinv.physics.Denoising(), train_dataloader=loader,
            optimizer=torch.optim.Adam(own.parameters(), self.model.recipe.lr),  # type: ignore[union-attr]
            epochs=self.epochs, losses=deepinv.loss.SupLoss(metric=nn.L1Loss()),
            metrics=[], device="cpu", online_measurements=False, verbose=False, show_progress_bar=False, save_path=None,
        )  # fmt: skip
        trainer.train()
        return own

    def trainer(self, compiled: bool = False, budget: str | None = None) -> Trainer:
        size, given = self.validation.clean.shape[-1], Budget.parse(budget or f"{self.images}images")
        trial = Trial(
            Path(), "", "", size, self.set.degradation, self.model, seed=0, budget=given, compiled=compiled
        )  # fmt: skip
        return make_trainer(trial, copy.deepcopy(self.start), self.set, self.validation)

    def compiled(self) -> nn.Module:
        return self.bare(compiled=True)

    def bare(self, compiled: bool = False) -> nn.Module:
        trainer = self.trainer(compiled)
        trainer.module.train()
        for taken in range(1, self.steps + 1):
            trainer.step()
            if taken % self.epoch_steps == 0:
                self.psnr(trainer.module)
        return trainer.module

    def benchbench(self) -> nn.Module:
        return self.trainer().run(self.scratch / "checkpoint").module

    def psnr(self, module: nn.Module) -> float:
        where = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return step.validate(self.model, where, self.validation, self.set.device)[1]


class Lane:
    """A way to train, in processes of its own: what one does to its memory or its threads is nothing to the others."""

    def __init__(self, train: Callable[[], object], threads: int, jobs: int = 1, trial: bool = True) -> None:
        """`trial` processes are set up as those of a run."""
        context = multiprocessing.get_context("fork")  # of a parent that never had a second thread
        self.ends, self.jobs = [], jobs
        for _ in range(jobs):
            here, there = context.Pipe()
            context.Process(target=_serve, args=(there, train, threads, trial), daemon=True).start()
            self.ends.append(here)

    def seconds(self) -> float:
        """Of one training each, at once."""
        before = time.perf_counter()
        for end in self.ends:
            end.send(True)
        for end in self.ends:
            end.recv()
        return time.perf_counter() - before

    def result(self) -> Any:
        """What one training returns."""
        self.ends[0].send(True)
        return self.ends[0].recv()


def _serve(end: Connection, train: Callable[[], object], threads: int, trial: bool) -> None:
    if trial:
        devices.keep_freed_memory()
    torch.set_num_threads(threads)
    while end.recv():
        found = train()
        end.send(found if isinstance(found, float) else True)


def measure(bench: Bench, rounds: int, threads: int, compiled: bool) -> None:
    lanes = {
        "plain loop": Lane(bench.plain, threads, trial=False),
        "benchbench, bare": Lane(bench.bare, threads),
        "benchbench, whole": Lane(bench.benchbench, threads),
        "benchbench, two jobs": Lane(bench.bare, 1, jobs=2),
    }
    if compiled:
        lanes["benchbench, compiled"] = Lane(bench.compiled, threads)
    if find_spec("deepinv"):
        lanes["deepinv"] = Lane(bench.deepinv, threads, trial=False)
    else:
        print("deepinv is not installed: pip install deepinv")
    for name, lane in lanes.items():  # they warm up, and compile
        seconds = lane.seconds()
        if name == "benchbench, compiled":
            print(f"  the first compiled training took {seconds:.0f} s", flush=True)
    rates: dict[str, list[float]] = {name: [] for name in lanes}
    for _ in range(rounds):
        for name, lane in lanes.items():
            rates[name].append(lane.jobs * bench.images / lane.seconds())
    plain = statistics.median(rates["plain loop"])
    for name, found in rates.items():
        median = statistics.median(found)
        print(f"  {name:24} {median:8.0f} images/s   {median / plain:5.2f} of the plain loop", flush=True)
    print(f"  validation PSNR after {bench.images} images: plain {bench.psnr(bench.plain()):.2f} dB, "
          f"benchbench {bench.psnr(bench.bare()):.2f} dB", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--model", action="append", help="[default: the studies' models and their rivals]")
    parser.add_argument("--degrade", default="pixelate")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--compile", action="store_true", help="the bare loop compiled by torch.compile, too")
    parser.add_argument("--threads", type=int, default=devices.cores())
    given = parser.parse_args()
    torch.set_num_threads(1)
    registry = _registry()
    [degradation] = plan.choose(registry, "degradation", [given.degrade])
    for model in plan.choose(
        registry, "model", given.model or ["autoencoder", "basic-cnn", "nafnet:preset=20k", "unet"]
    ):
        print(f"{model}, {given.size} px, {given.threads} threads", flush=True)
        with TemporaryDirectory() as scratch:
            measure(
                Bench(model, degradation, given.size, given.images, Path(scratch)),
                given.rounds,
                given.threads,
                given.compile,
            )


if __name__ == "__main__":
    main()
