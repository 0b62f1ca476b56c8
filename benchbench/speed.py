"""How fast components are, beside other libraries that do the same: `benchbench speed`.

Machines are noisy, so ours and theirs are called in turn, in one process, and compared by medians: a load that comes
and goes slows both. Nothing here enters a result.
"""

from __future__ import annotations

import copy
import functools
import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import torch
import torch.nn.functional as F
from torch import Tensor

from .contracts.applying import apply_degradation
from .contracts.budget import Budget
from .contracts.degradation import Degradation, Degraded
from .contracts.metric import Metric
from .contracts.model import Model, Task
from .contracts.peer import Peer
from .contracts.seeding import FreshDraw, generator
from .contracts.set_metric import SetMetric
from .data.batches import TrainingSet
from .data.degraded import DegradedSet, degraded_set
from .devices import synchronise
from .errors import SpecError, one_line
from .evaluation.score import scored_at_once
from .files import cache_folder, read_json
from .registry.contained import stdout_to_stderr
from .registry.registry import Registry
from .results.environment import environment
from .results.trial import Trial
from .running import plan
from .running.workspace import check_writable
from .training.ways import make_trainer

BATCH = 32
LARGEST_MADE = 128  # px
LEAST_ROUNDS, MOST_ROUNDS = 5, 200

Warn = Callable[[str], object]


@dataclass(frozen=True)
class Case:
    """One thing to time: our call, and those of other libraries."""

    kind: str
    name: str
    images: int
    """How many one call works on."""
    ours: Callable[[], Tensor]
    peers: Sequence[Peer] = ()
    given: tuple[Any, ...] = ()
    """What peers are prepared with; each gets a copy."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))


@dataclass(frozen=True)
class Timing:
    """Milliseconds per image: the median of the rounds, and the quartiles around it."""

    kind: str
    name: str
    library: str
    ms: float
    low: float
    high: float
    rounds: int
    ratio: float | None = None
    """Of a peer: its median over ours, more than 1 where ours is faster."""
    difference: float | None = None
    """Of a peer that should give the same values: the largest difference from ours."""


def time_case(case: Case, seconds: float, warn: Warn = warnings.warn) -> list[Timing]:
    """Call ours and the peers in turn for about so many seconds; the first round warms up and is not counted.

    A peer that fails, or gives what is not of ours' shape, is left out with a warning.
    """
    calls, values = {"benchbench": case.ours}, {"benchbench": case.ours().clone()}
    for peer in case.peers:
        try:
            call = peer.prepare(*copy.deepcopy(case.given))
            value = call().clone()
            if value.shape != values["benchbench"].shape:
                raise ValueError(f"gave shape {tuple(value.shape)}, not {tuple(values['benchbench'].shape)}")
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # another's code
            warn(f"{peer.library} is not timed beside {case.name}: {one_line(error)}")
        else:
            calls[peer.library], values[peer.library] = call, value
    times: dict[str, list[float]] = {library: [] for library in calls}
    ends = time.perf_counter() + seconds
    while (rounds := len(times["benchbench"])) < LEAST_ROUNDS or (rounds < MOST_ROUNDS and time.perf_counter() < ends):
        for library, call in calls.items():
            before = time.perf_counter()
            call()
            synchronise(case.device)
            times[library].append(1000 * (time.perf_counter() - before) / case.images)
    ours, exact = statistics.median(times["benchbench"]), {peer.library: peer.exact for peer in case.peers}
    found = []
    for library, own in times.items():
        low, median, high = statistics.quantiles(own, n=4)
        timing = Timing(case.kind, case.name, library, median, low, high, len(own))
        if library != "benchbench":
            one, other = values[library].cpu(), values["benchbench"].cpu()
            apart = torch.where(one == other, 0.0, (one - other).abs()).max().item()  # equal infinities, too
            timing = replace(timing, ratio=median / ours, difference=apart if exact[library] else None)
        found.append(timing)
    return found


def cases(
    registry: Registry, specs: Mapping[str, Sequence[str]], size: int, device: str, warn: Warn = warnings.warn
) -> Iterator[Case]:
    """Make a case of each degradation and metric, and two of each model: training step and inference.

    `specs` has the wanted components by kind. Models restore the first of the degradations, and a metric scores its
    images; the images are the default data set's, enlarged where they would take long to make and no model learns
    from them.
    """
    peers = known_peers(registry, warn)
    degradation, metric, model = (specs[kind] for kind in ("degradation", "metric", "model"))
    degradations = plan.choose(registry, "degradation", degradation)
    cache, where = cache_folder(), torch.device(device)
    check_writable(cache)
    made = size if model else min(size, LARGEST_MADE)
    dataset = plan.prepare_data(plan.choose(registry, "dataset", ()), made, cache)[0]
    clean = F.interpolate(dataset.pixels[:BATCH].to(where).float() / 255, (size, size))
    for one in degradations if degradation else ():
        yield degradation_case(one, clean, [p for p in peers if p.of == str(one)])
    spoilt = degraded(degradations[0], clean).images.clamp(0, 1)
    for one in plan.choose(registry, "metric", metric) if metric else ():
        if reason := one.unavailable(Task(size, degradations[0])):
            warn(f"{one} is not timed: {reason}")
        else:
            yield metric_case(one, spoilt, clean, [p for p in peers if p.of == str(one)])
    for one in plan.choose(registry, "model", model) if model else ():
        data = TrainingSet(dataset, degradations[0], where)
        if reason := one.unavailable(Task(dataset.size, degradations[0], 3, *data.statistics())):
            warn(f"{one} is not timed: {reason} (--degrade names what models restore)")
        else:
            yield from model_cases(one, data, degraded_set(dataset, "validation", degradations[0], cache))


def known_peers(registry: Registry, warn: Warn = warnings.warn) -> list[Peer]:
    """List the peers of all plugins whose hook works; warn of the others."""
    found: list[Peer] = []
    for plugin in registry.implementations("benchbench_peers"):
        try:
            with stdout_to_stderr():
                found += list(plugin.function())  # type: ignore[call-overload]
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            warn(f"benchbench_peers of plugin {plugin.plugin_name} failed: {one_line(error)}")
    return found


def degraded(degradation: Degradation, clean: Tensor) -> Degraded:
    """Degrade images as a training batch, always by the same draws."""
    return apply_degradation(degradation, clean, FreshDraw(len(clean), generator("speed", device=clean.device)))


def degradation_case(degradation: Degradation, clean: Tensor, peers: Sequence[Peer]) -> Case:
    """Make the case of a degradation: one call degrades the batch `(N, C, H, W)`."""
    given = clean, dict(degraded(degradation, clean).truth)

    def ours() -> Tensor:
        return degraded(degradation, clean).images

    return Case("degradation", str(degradation), len(clean), ours, peers, given, clean.device)


def metric_case(metric: Metric, restored: Tensor, clean: Tensor, peers: Sequence[Peer]) -> Case:
    """Make the case of a metric: one call scores the batch `(N, C, H, W)`, ours in parts as in evaluation."""
    if isinstance(metric, SetMetric):
        whole = functools.partial(metric, restored, clean)  # a set has one score
        return Case("metric", str(metric), len(clean), whole, peers, (restored, clean), clean.device)
    metric = metric.knowing(metric.fit([clean.cpu()])) if metric.needs_fit else metric
    parts = [images.split(scored_at_once(clean, clean.device)) for images in (restored, clean)]

    def ours() -> Tensor:
        return torch.cat(list(map(metric, *parts)))

    return Case("metric", str(metric), len(clean), ours, peers, (restored, clean), clean.device)


def model_cases(model: Model, data: TrainingSet, validation: DegradedSet) -> Iterator[Case]:
    """Make the cases of a model: one step of training with its own batch size, and one call of the module."""
    device, size = data.device, validation.clean.shape[-1]
    torch.manual_seed(0)
    module = model.build(Task(size, data.degradation, 3, *data.statistics())).to(device)
    if model.recipe is not None:
        trial = Trial(Path(), "", "", size, data.degradation, model, seed=0, budget=Budget.parse("1epoch"))
        trainer = make_trainer(trial, module, data, validation)
        yield Case("training step", str(model), trainer.batch, trainer.step, device=device)
    first = torch.arange(min(BATCH, len(data)), device=data.index_device)
    batch = data.batch(first, generator("speed", device=device), flip=False)
    module.eval()

    infer = torch.no_grad()(lambda: module(batch.degraded, **batch.side(model)))
    yield Case("inference", str(model), len(batch.degraded), infer, device=device)


def report(timings: Sequence[Timing], size: int, device: str) -> dict[str, Any]:
    """Put timings into plain values, with the machine and settings they were taken with."""
    return {
        "size": size,
        "device": device,
        "threads": torch.get_num_threads(),
        "environment": msgspec.to_builtins(environment()),
        "timings": [asdict(timing) for timing in timings],
    }


def read_report(path: Path, size: int, device: str) -> dict[tuple[str, str, str], float]:
    """Read a report: (kind, component, library) -> milliseconds per image. Raises SpecError.

    It must have been taken as the new one is: at this size, on this device, with as many threads.
    """
    try:
        known = read_json(path)
        found = {(t["kind"], t["name"], t["library"]): float(t["ms"]) for t in known["timings"]}
        then = known["size"], known["device"], known["threads"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SpecError(f"{path} is no report: `benchbench speed --json > FILE` writes one") from error
    if then != (size, device, torch.get_num_threads()):
        raise SpecError("{} was taken with --size {} --device {} --threads {}: say the same".format(path, *then))
    return found
