"""Nothing that runs on a device computes in float64, which Apple's GPUs lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from benchbench.contracts.degradation import Degradation
from benchbench.contracts.model import Batch, Model, Task
from benchbench.contracts.seeding import SeededDraw
from benchbench.evaluation import score
from benchbench.evaluation.trained import build_module
from benchbench.registry.registry import registry
from benchbench.running.plan import choose

SIZE = 32
DEGRADATIONS: list[Degradation] = choose(registry(), "degradation", ["all"])
MODELS: list[Model] = choose(registry(), "model", ["all"])


class NoFloat64(TorchDispatchMode):
    """Raises where an operation gives a float64 tensor."""

    def __torch_dispatch__(
        self, function: Any, types: Sequence[type], args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        found = function(*args, **(kwargs or {}))
        for value in tree_leaves(found):
            if isinstance(value, Tensor) and value.dtype == torch.float64:
                raise AssertionError(f"{function} gives float64")
        return found


def images() -> Tensor:
    return torch.rand(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("degradation", DEGRADATIONS, ids=str)
def test_no_degradation_computes_in_float64(degradation: Degradation) -> None:
    with NoFloat64():
        degradation.apply(images(), SeededDraw(0, "float64", ["a", "b"]))


@pytest.mark.parametrize("model", [m for m in MODELS if m.recipe is not None and m.role == ""], ids=str)
def test_no_model_trains_in_float64(model: Model) -> None:
    tasks = (Task(SIZE, degradation, 3, (0.5,) * 3, (0.25,) * 3) for degradation in DEGRADATIONS)
    task = next(t for t in tasks if model.misplaced(t.degradation) is None and model.unavailable(t) is None)
    module = build_module(model, task, 0)
    with NoFloat64():
        found = module(images())
        first = found[0] if isinstance(found, tuple) else found
        if first.requires_grad:  # not where what was found is applied to an image
            first.sum().backward()


class Elsewhere(Tensor):
    """A tensor on a device that lacks float64, and so is all that is computed of it, until `cpu` fetches it."""

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if function is Tensor.cpu:
            return args[0].as_subclass(Tensor)
        found = super().__torch_function__(function, types, args, kwargs or {})
        assert not isinstance(found, Tensor) or found.dtype != torch.float64, f"{function} gives float64"
        return found


@pytest.mark.parametrize("model", [m for m in MODELS if m.recipe is None and type(m).fit is not Model.fit], ids=str)
def test_no_model_is_fitted_in_float64(model: Model) -> None:
    batch = images().as_subclass(Elsewhere)
    model.fit(model.build(Task(SIZE, DEGRADATIONS[0])), [Batch(batch, batch)])


def test_metrics_are_computed_where_there_is_float64() -> None:
    seen: list[torch.device] = []

    class Looking:
        def __call__(self, restored: Tensor, clean: Tensor, region: Tensor | None = None) -> Tensor:
            seen.append(restored.device)
            return restored.mean((1, 2, 3))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "has_float64", lambda device: False)
        score._score_all(Looking(), (images(), images()), None, torch.device("meta"))  # type: ignore[arg-type]
    assert seen == [torch.device("cpu")]
